"""From a few choices to the configuration of a pretraining run."""

from typing import Any

from llmcore import models, paths
from llmcore.config import (
    DataConfig,
    RunConfig,
)
from llmcore.data import (
    Corpus,
    corpus_from_text,
)
from llmcore.data.reading.documents import CorpusOptions
from llmcore.data.windows import check_length
from llmcore.presets import DEFAULT_PRESET, preset_named
from llmcore.recipes.common import given, with_rhythm
from llmcore.recipes.text_size import is_counted, text_size

SAMPLE_PROMPTS = {"shakespeare": "My lord, ", "messages": "I am ", "conversations": "What is "}


def plan_pretrain(
    source: str = "shakespeare",
    preset: str | None = None,
    tokenizer: str = "",
    name: str | None = None,
    text: str | None = None,
    validation_source: str | None = None,
    model_changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
    corpus: Corpus | None = None,
    held_out: Corpus | None = None,
    reading: CorpusOptions = CorpusOptions(),
) -> RunConfig:
    """The configuration of a pretraining run.

    source: a built-in corpus, a mix `a+b`, a file, or the name of the pasted `text`.
    validation_source: a text to validate on instead of a share of the corpus, named likewise.
    model_changes, train_changes: fields of the preset to replace; None keeps the preset's. A
    `vocab_size` without a `tokenizer` asks for a BPE of that size, trained on the corpus; a short
    text may give fewer tokens, and the model then has as many as the text gives.
    corpus, held_out: the user's own text, and `validation_source`, if they were read already.
    reading: how the user's own file is read; pasted `text` is one text.
    Raises ShortTextError if the text is too short for the context, LabError if another
    choice cannot work.
    """
    chosen = preset_named(preset or DEFAULT_PRESET)
    wanted = given(model_changes or {})
    if not tokenizer and "vocab_size" not in wanted:
        bundled = "base" if (paths.BUNDLED_RUNS / "base").is_dir() else ""
        tokenizer = chosen.tokenizer or bundled
    model = chosen.model.with_(**wanted)
    if tokenizer:
        model = model.with_(vocab_size=models.tokenizer_for(tokenizer).vocab_size)
    train = with_rhythm(chosen.train, given(train_changes or {}))
    data = DataConfig(
        source=source, validation_source=validation_source, text_column=reading.text_column,
        keep_marks=reading.keep_marks, encoding=reading.encoding,
        read_as="text" if reading.as_text or text is not None else "documents",
    )  # fmt: skip
    if text is not None and corpus is None:
        corpus = corpus_from_text(text, source, reading.keep_marks)
    texts = [source for source in (corpus, held_out) if source is not None]
    if corpus is not None and any(is_counted(text, model.context_length) for text in texts):
        size = text_size(corpus, tokenizer, model.vocab_size, data.validation, held_out)
        check_length(size.train, size.validation, model.context_length)
        model = model.with_(vocab_size=size.vocab_size)
    first = source.split("+")[0]
    return RunConfig(
        kind="pretrain",
        name=name or f"{source} {chosen.name}",
        model=model,
        train=train,
        data=data,
        tokenizer=tokenizer,
        preset=chosen.name,
        reading=None if corpus is None or corpus.report is None else corpus.report.to_dict(),
        sample_prompt=SAMPLE_PROMPTS.get(first, "The "),
    )
