"""Models of other tools in memory, whichever format they come in."""

from dataclasses import replace

from llmcore.convert.gguf_file import read_gguf
from llmcore.convert.gguf_model import LLAMA_SHAPED, ROPE_FACTORS, GgufModel
from llmcore.convert.gpt2 import read_gpt2
from llmcore.convert.gpt2_config import MODEL_TYPE
from llmcore.convert.llama import GGUF, HUGGING_FACE, read_weights
from llmcore.convert.locate import Foreign
from llmcore.convert.read_tokenizer import check_fit, notices_of, tokenizer_of
from llmcore.device import available_memory_bytes
from llmcore.errors import LabError
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.nn.weights import TensorFiles
from llmcore.tokenizers import Tokenizer

# What Hugging Face's files may hold beside weights: numbers that follow from config.json.
_NO_WEIGHT = "rotary_emb.inv_freq"
_HALVES = {"F16": "fp16", "BF16": "bf16"}


def architecture(foreign: Foreign) -> str:
    """What the model's own file calls its kind: `gpt2`, `llama`, `qwen2`, …"""
    if isinstance(foreign, GgufModel):
        return str(foreign.file.metadata["general.architecture"])
    return str(foreign.raw_config["model_type"])


def read_model(foreign: Foreign) -> tuple[GPT | SequenceClassifier, list[str] | None]:
    """The model in fp32 and eval mode, and a classifier's labels. Raises LabError or DamagedError
    by name for what is missing, unknown, misshapen or not supported."""
    _check_memory(foreign)
    if isinstance(foreign, GgufModel):
        return _read_gguf_model(foreign), None
    if architecture(foreign) == MODEL_TYPE:
        return read_gpt2(foreign)
    files, where = TensorFiles(*foreign.weight_files()), foreign.directory
    model = read_weights(
        foreign.config, files, HUGGING_FACE, where, lambda name: name.endswith(_NO_WEIGHT)
    )
    return model, None


def _read_gguf_model(foreign: GgufModel) -> GPT:
    kind = architecture(foreign)
    if kind == MODEL_TYPE:
        return read_gguf(foreign.file, foreign.config)
    layout = replace(GGUF, neighbours_turn=LLAMA_SHAPED[kind])
    return read_weights(
        foreign.config, foreign.file, layout, foreign.path, lambda name: name == ROPE_FACTORS
    )


def _check_memory(foreign: Foreign) -> None:
    """Raises LabError if the weights in fp32 would not fit into the memory that is free."""
    needed, free = 4 * foreign.config.n_parameters(), available_memory_bytes()
    if needed > free:
        raise LabError(
            f"{foreign.name} has {foreign.config.n_parameters():,} parameters, which take "
            f"{needed / 1e9:.1f} GB of memory, but only {free / 1e9:.1f} GB are free: choose a "
            f"smaller model, or close other programs."
        )


def read_foreign_tokenizer(foreign: Foreign) -> tuple[Tokenizer, str | None]:
    """The model's own tokenizer, and what a person should know of it. Raises LabError."""
    if isinstance(foreign, GgufModel):
        from llmcore.convert.gguf_tokenizer import from_gguf

        tokenizer = from_gguf(foreign.file.metadata, foreign.name)
        check_fit(tokenizer, foreign.config.vocab_size, foreign.name)
        notices = notices_of(tokenizer, foreign.config.vocab_size, foreign.name)
        return tokenizer, " ".join(notices) or None
    return tokenizer_of(foreign)


def stored_precision(foreign: Foreign) -> str:
    """The narrowest of fp32, fp16 and bf16 that keeps most of its weights unchanged: what is
    quantized has scales in fp16, and loses nothing that could be seen."""
    if isinstance(foreign, GgufModel):
        kind = foreign.file.types[0]
        return "fp32" if kind == "F32" else _HALVES.get(kind, "fp16")
    return _HALVES.get(TensorFiles(*foreign.weight_files()).main_type, "fp32")
