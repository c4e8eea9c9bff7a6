"""Text to learn from: built-in sets, downloads, users' own files, and splits. No torch here."""

from llmcore.data.corpora import (
    CORPUS_SPLIT_SEED,
    Corpus,
    corpus_from_bytes,
    corpus_from_text,
    load_corpus,
)
from llmcore.data.encoded import encoded_corpus, trained_bpe_for
from llmcore.data.folding import fold
from llmcore.data.instructions import (
    Instruction,
    InstructionSet,
    InstructionSplits,
    instructions_from_bytes,
    load_instructions,
    split_instructions,
)
from llmcore.data.labelled import LabelledSet, labelled_from_table, load_labelled, preview_table
from llmcore.data.reading import MAX_UPLOAD_BYTES
from llmcore.data.reading.columns import MAX_CLASSES
from llmcore.data.sources import (
    CORPORA,
    DOWNLOADS,
    INSTRUCTIONS,
    LABELLED,
    CorpusCard,
    LabelledCard,
    dataset_sources,
    dataset_table,
    download,
    ensure,
)
from llmcore.data.splits import Splits, split_labelled

__all__ = [
    "CORPORA",
    "CORPUS_SPLIT_SEED",
    "DOWNLOADS",
    "INSTRUCTIONS",
    "LABELLED",
    "MAX_CLASSES",
    "MAX_UPLOAD_BYTES",
    "Corpus",
    "CorpusCard",
    "Instruction",
    "InstructionSet",
    "InstructionSplits",
    "LabelledCard",
    "LabelledSet",
    "Splits",
    "corpus_from_bytes",
    "corpus_from_text",
    "dataset_sources",
    "dataset_table",
    "download",
    "encoded_corpus",
    "ensure",
    "fold",
    "instructions_from_bytes",
    "labelled_from_table",
    "load_corpus",
    "load_instructions",
    "load_labelled",
    "preview_table",
    "split_instructions",
    "split_labelled",
    "trained_bpe_for",
]
