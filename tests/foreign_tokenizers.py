"""Small tokenizers of each kind, trained by the `tokenizers` package."""

import json

import tokenizers
from tiny import TEXT
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

LINES = [TEXT, "Some Café, 漢字 and 12 dogs; don't!", "the the cat sat"] * 9


def byte_level(*, missing="", prefix=False, normalizer=None, added=()):
    made = tokenizers.Tokenizer(models.BPE())
    made.normalizer = normalizer
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=prefix),
    ])  # fmt: skip
    made.decoder = decoders.ByteLevel()
    signs = [item for item in pre_tokenizers.ByteLevel.alphabet() if item not in missing]
    made.train_from_iterator(LINES, trainers.BpeTrainer(
        vocab_size=330, initial_alphabet=signs, special_tokens=["<s>", "</s>", "<|im_end|>"],
        show_progress=False))  # fmt: skip
    made.add_tokens(list(added))
    return made


def unigram(byte_fallback=False):
    made = tokenizers.Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    made.train_from_iterator(LINES, trainers.UnigramTrainer(
        vocab_size=120, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>",
        show_progress=False))  # fmt: skip
    if not byte_fallback:
        return made
    content = json.loads(made.to_str())
    content["model"]["vocab"] += [[f"<0x{byte:02X}>", -20.0] for byte in range(256)]
    content["model"]["byte_fallback"] = True
    return tokenizers.Tokenizer.from_str(json.dumps(content))


def word_piece():
    made = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    made.train_from_iterator(LINES, trainers.WordPieceTrainer(
        vocab_size=150, special_tokens=special, show_progress=False))  # fmt: skip
    return made


def word_level():
    made = tokenizers.Tokenizer(models.WordLevel(unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.train_from_iterator(LINES, trainers.WordLevelTrainer(
        special_tokens=["[UNK]", "[CLS]", "</s>"], show_progress=False))  # fmt: skip
    return made
