"""Does what a run's config.json asks for, in whatever thread or process it is called."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from llmcore import models
from llmcore.classical import Baseline, MajorityClass, NaiveBayes, WordRegression
from llmcore.config import RunConfig
from llmcore.data import Corpus, LabelledSet, Splits, corpus_from_text, decode_upload, load_corpus
from llmcore.data.encoded import encoded_corpus, trained_bpe_for
from llmcore.device import choose_device
from llmcore.errors import LabError
from llmcore.evaluation import classification_scores
from llmcore.files import json_line, write_text_atomic
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.lora import add_lora
from llmcore.nn.model import GPT
from llmcore.paths import cache_dir
from llmcore.runs.curve import run_curve
from llmcore.runs.finetuning import begin, parent_of
from llmcore.runs.instructing import build_instruction
from llmcore.runs.plan import read_splits
from llmcore.runs.run import CHECKPOINTS, PREDICTIONS, TOKENIZER, Run
from llmcore.runs.state import RunInfo
from llmcore.runs.writer import RunWriter
from llmcore.tasks.classification import ClassificationTask, Example, encode_texts
from llmcore.tasks.instruction import InstructionTask
from llmcore.tasks.pretraining import PretrainTask, TokenData
from llmcore.tokenizers import Tokenizer
from llmcore.train.control import FileControl
from llmcore.train.trainer import Task, Trainer

log = logging.getLogger(__name__)
OnRecord = Callable[[dict[str, Any]], None]

CORPUS_SPLIT_SEED = 0  # one held-out text for all runs on a corpus, so that their losses compare


class Listening(RunWriter):
    """A writer that also tells a listener, such as the CLI's progress lines."""

    def __init__(self, directory: Path, backend: str, listener: OnRecord) -> None:
        self._listener = listener
        super().__init__(directory, backend)

    def metrics(self, step: int, split: str, **values: float) -> None:
        super().metrics(step, split, **values)
        self._listener({"step": step, "split": split, **values})

    def event(self, kind: str, step: int, **values: Any) -> None:
        super().event(kind, step, **values)
        self._listener({"step": step, "type": kind, **values})


def execute(
    directory: Path,
    backend: str,
    leave: threading.Event | None = None,
    on_record: OnRecord | None = None,
) -> RunInfo:
    """Runs (or resumes) the run in `directory` to its end and returns its last info.

    Raises whatever stopped it, after `failed` was written with the reason.
    """
    run = Run(directory)
    config = run.config
    writer = Listening(directory, backend, on_record or (lambda record: None))
    with writer:
        if config.train.threads:
            torch.set_num_threads(config.train.threads)
        control = FileControl(directory, leave)
        if config.kind == "learning-curve":
            task, outcome = None, run_curve(run, config, control, writer)
        else:
            task = _build(run, config, writer)
            outcome = Trainer(task, config.train, directory / CHECKPOINTS).fit(control, writer)
        if isinstance(task, (ClassificationTask, InstructionTask)) and task.test_rows:
            lines = "".join(json_line(row) for row in task.test_rows)
            write_text_atomic(directory / PREDICTIONS, lines)
        writer.finish(
            outcome.state,
            outcome.step,
            reason="stopped by you" if outcome.state == "stopped" else "all steps done",
            best_step=outcome.best_step,
            val_loss=outcome.val_loss,
        )
    return run.info()


def _build(run: Run, config: RunConfig, writer: RunWriter) -> Task:
    build = {
        "pretrain": build_pretraining,
        "classify": build_classification,
        "instruct": build_instruction,
    }[config.kind]
    return build(run, config, writer)


# Pretraining ------------------------------------------------------------------------------


def build_pretraining(run: Run, config: RunConfig, writer: RunWriter) -> PretrainTask:
    corpus = read_corpus(config.data.source, run.stored_data())
    for notice in corpus.notices:
        writer.event("notice", 0, text=notice)
    if config.data.validation_source is None:
        train, validation = corpus.split(config.data.validation, CORPUS_SPLIT_SEED)
    else:
        train, validation = corpus.documents, load_corpus(config.data.validation_source).documents
    tokenizer = _run_tokenizer(run, config, train)
    data = TokenData(
        train=encoded_corpus(tokenizer, train, cache_dir()),
        validation=encoded_corpus(tokenizer, validation, cache_dir()),
        validation_bytes=sum(len(one.encode("utf-8", "replace")) for one in validation),
    )
    generator = torch.Generator().manual_seed(config.train.seed)
    model = GPT(config.model, generator=generator)
    device = choose_device(config.train.device)
    return PretrainTask(model, tokenizer, data, config.train, device, config.sample_prompt)


def read_corpus(source: str, stored: Path | None) -> Corpus:
    """The run's own copy of the user's text where there is one, else the built-in or the file."""
    if stored is None:
        return load_corpus(source)
    return corpus_from_text(decode_upload(stored.read_bytes(), source), source)


def _run_tokenizer(run: Run, config: RunConfig, documents: list[str]) -> Tokenizer:
    """The run's own tokenizer; made (or copied) into its directory before the first step."""
    home = run.directory / TOKENIZER
    if home.is_dir():
        return Tokenizer.load(home)
    if config.tokenizer:
        tokenizer = models.tokenizer_for(config.tokenizer)
    else:
        tokenizer = trained_bpe_for(documents, config.model.vocab_size, cache_dir())
    tokenizer.save(home)
    return tokenizer


# Classification ---------------------------------------------------------------------------


def build_classification(run: Run, config: RunConfig, writer: RunWriter) -> ClassificationTask:
    stored = run.stored_data()
    table = stored.read_bytes() if stored else None
    splits = read_splits(config.data, config.train.seed, table)
    parent = parent_of(run, config)
    task, notices = classification_task(config, splits, parent.trunk, parent.tokenizer)
    for notice in splits.notices + notices:
        writer.event("notice", 0, text=notice)
    begin(run, config, task, parent, writer)
    task.baselines = classical_baselines(splits)
    return task


def classification_task(
    config: RunConfig, splits: Splits, trunk: GPT, tokenizer: Tokenizer
) -> tuple[ClassificationTask, list[str]]:
    """The task of finetuning a copy of `trunk` on given splits, and notices about the texts."""
    classes = splits.train.classes
    examples, notices = _examples(splits, tokenizer, classes, config.model.context_length)
    task = ClassificationTask(
        model=_classifier(config, trunk, len(classes)),
        tokenizer=tokenizer,
        splits=examples,
        test_texts=splits.test.texts,
        classes=classes,
        config=config.train,
        device=choose_device(config.train.device),
        balance=config.data.balance,
    )
    return task, notices


def _classifier(config: RunConfig, trunk: GPT, n_classes: int) -> SequenceClassifier:
    """A copy of the parent's trunk, cut to this run's context, under a new head."""
    generator = torch.Generator().manual_seed(config.train.seed)
    model = SequenceClassifier(GPT(config.model, generator=generator), n_classes, generator)
    model.trunk.copy_weights_of(trunk)
    if config.lora is not None and config.trainable == "lora":
        lora = config.lora
        add_lora(model.trunk, lora.rank, lora.alpha, lora.targets, generator)
    model.set_trainable(config.trainable)
    return model


def _examples(
    splits: Splits, tokenizer: Tokenizer, classes: list[str], length: int
) -> tuple[dict[str, list[Example]], list[str]]:
    """Encoded splits, and notices about them. Every class has training texts (split_labelled)."""
    result = {}
    total_cut = 0
    parts: dict[str, LabelledSet] = {
        "train": splits.train, "validation": splits.validation, "test": splits.test,
    }  # fmt: skip
    for name, part in parts.items():
        ids, n_cut = encode_texts(tokenizer, part.texts, length)
        total_cut += n_cut
        result[name] = [
            Example(one, classes.index(label)) for one, label in zip(ids, part.labels, strict=True)
        ]
    cut = f"{total_cut} texts are longer than {length} tokens and were cut to that length."
    return result, [cut] if total_cut else []


def classical_baselines(splits: Splits) -> dict[str, dict[str, Any]]:
    """Test scores of 'always the largest class', naive Bayes and logistic regression on the very
    same split."""
    if not splits.test.texts:
        return {}
    classes = splits.train.classes
    counts = splits.train.counts()
    largest = max(counts, key=lambda label: counts[label])
    scores = {}
    baselines: dict[str, Baseline] = {
        f"always {largest}": MajorityClass(),
        "naive Bayes": NaiveBayes(),
        "logistic regression": WordRegression(),
    }
    for name, model in baselines.items():
        try:
            model.fit(splits.train.texts, splits.train.labels)
        except ValueError as error:  # e.g. no word in any text
            log.info("baseline %s not fitted: %s", name, error)
            continue
        predicted = model.predict(splits.test.texts)
        scores[name] = classification_scores(splits.test.labels, predicted, classes)
    return scores


def check_runnable(config: RunConfig) -> None:
    """What only torch can tell before a start. Raises LabError."""
    choose_device(config.train.device)
    if config.kind != "pretrain" and config.parent is None:
        raise LabError("A finetune needs a model to start from: choose one.")
