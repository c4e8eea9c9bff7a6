"""How fast a byte-pair encoding is learned: the lab's trainer against Rust's `tokenizers`.

    python benchmarks/train_bpe.py [N_MERGES]

Both learn the same number of merges (4,096) on Shakespeare's plays with the same rule, in
alternation in one process, reading and cutting the text included. Prints the wall and the
processor time of each (median of the repetitions), and whether the merges are the same.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tokenizers import Regex, models, pre_tokenizers, trainers  # noqa: E402
from tokenizers import Tokenizer as RustTokenizer  # noqa: E402

from llmcore.data import load_corpus  # noqa: E402
from llmcore.tokenizers import BPE_PATTERN, MIN_VOCAB_SIZE, Recipe, Training  # noqa: E402
from llmcore.tokenizers.signs import byte_characters  # noqa: E402

REPETITIONS = 5
Pairs = list[tuple[str, str]]


def ours(documents: list[str], n_merges: int) -> Pairs:
    training = Training(Recipe(MIN_VOCAB_SIZE + n_merges))
    training.run(documents)
    signs = byte_characters()

    def printable(data: bytes) -> str:
        return "".join(signs[byte] for byte in data)

    return [(printable(merge.left), printable(merge.right)) for merge in training.merges]


def rust(documents: list[str], n_merges: int) -> Pairs:
    tokenizer = RustTokenizer(models.BPE(vocab={}, merges=[]))
    split = pre_tokenizers.Split(Regex(BPE_PATTERN), behavior="isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, to_bytes])
    trainer = trainers.BpeTrainer(
        vocab_size=256 + n_merges,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]


def timed(train: Callable[[list[str], int], Pairs], *arguments) -> tuple[float, float, Pairs]:
    wall, processor = time.perf_counter(), time.process_time()
    merges = train(*arguments)
    return time.perf_counter() - wall, time.process_time() - processor, merges


def main() -> None:
    n_merges = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
    documents = load_corpus("shakespeare").documents
    seconds: dict[str, list[tuple[float, float]]] = {"lab": [], "tokenizers": []}
    merges: dict[str, Pairs] = {}
    for _ in range(REPETITIONS):
        for name, train in (("lab", ours), ("tokenizers", rust)):
            wall, processor, merges[name] = timed(train, documents, n_merges)
            seconds[name].append((wall, processor))
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in seconds.items()
    }
    n_bytes = sum(len(document.encode()) for document in documents)
    print(f"{len(merges['lab']):,} merges of {n_bytes:,} bytes")
    for name, (wall, processor) in medians.items():
        print(f"{name:<12} {wall:6.2f} s   {processor:6.2f} s of processor time")
    ratio = medians["tokenizers"][0] / medians["lab"][0]
    print(f"the lab's trainer is {ratio:.2f} times as fast")
    print(f"the same merges: {merges['lab'] == merges['tokenizers']}")


if __name__ == "__main__":
    main()
