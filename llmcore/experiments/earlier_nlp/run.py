"""LLM against earlier NLP: every model on every task that it can do, on the same splits."""

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property

import numpy as np
import torch

from llmcore import models
from llmcore.background import Stopped
from llmcore.classical import Baseline, NaiveBayes, NgramClassifier, NgramModel, WordRegression
from llmcore.classical.ngram import bits_per_byte, continuation, fit_on
from llmcore.config import DataConfig, RunConfig, TrainConfig
from llmcore.data import CORPUS_SPLIT_SEED, Splits, load_corpus
from llmcore.data.chosen import read_splits
from llmcore.data.encoded import encoded_corpus
from llmcore.device import choose_device
from llmcore.errors import LabError
from llmcore.evaluation import classification_scores, text_loss
from llmcore.experiments.earlier_nlp.cells import (
    BAYES,
    CELL,
    DECISIONS,
    EMAIL,
    GPT2,
    NEXT_WORD,
    NGRAM,
    PRETRAINED,
    RANDOM,
    REGRESSION,
    ROWS,
    SENTIMENT,
    SPAM,
    STORY,
    TASK,
    Cell,
    Comparison,
    work_of,
)
from llmcore.experiments.earlier_nlp.settings import CompareConfig
from llmcore.experiments.sample_measures import known_words, longest_copy, real_word_share
from llmcore.experiments.small_models import (
    cut_documents,
    language_task,
    small_training,
    thinned,
)
from llmcore.experiments.table import TableWork
from llmcore.generation import SamplingConfig, generate
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.paths import cache_dir
from llmcore.presets import preset_named
from llmcore.recipes.classification import FINETUNE_DROPOUT, classify_training
from llmcore.runs.reference import split_reference
from llmcore.runs.run import Run
from llmcore.tasks.building import classifier_on, encoded_examples
from llmcore.tasks.classification import ClassificationTask
from llmcore.tokenizers import Tokenizer, builtin_tokenizer
from llmcore.train.control import Control
from llmcore.train.sinks import Sink
from llmcore.train.task import Outcome

SOURCES = {SPAM: "sms-spam", SENTIMENT: "tweet-sentiment"}
CORPUS = "shakespeare"
TOKEN_ORDER, BYTE_ORDER = 5, 7
PROMPTS = {
    STORY: "Once upon a time, there was a little girl who",
    EMAIL: "Subject: Our meeting on Friday\n\nDear Anna,\n\nthank you for your",
}
SAMPLE_SEEDS, TEMPERATURE = (1, 2), 0.8
LOOKED_AT = 64  # training texts that the trainer evaluates; no choice hangs on them
FLOAT_BYTES, DOUBLE_BYTES = 4, 8
HOW_IT_LEARNED = {
    RANDOM: "The shape of the pretrained GPT from random weights, and the same training: what it "
    "knows it has from the labelled texts alone.",
    PRETRAINED: "Finetuned on the labelled texts: all of it learned.",
    GPT2: "Finetuned on the labelled texts: its last block and a new head learned.",
}


def run_comparison(run: Run, config: RunConfig, control: Control, sink: Sink) -> Outcome:
    """Does the cells that are not done yet, until all are or `control` says stop."""
    known = Comparison(run)
    work = TableWork(run, control, sink, len(known.cells))
    bench = _Bench(config, config.experiment, work)
    reported = set(known.labelled)
    try:
        for task, prompt in PROMPTS.items():
            if task not in known.prompts:
                sink.event(TASK, 0, task=task, prompt=prompt)
        for task, model in work_of(known.models):
            if known.cell(task, model) is None:
                what = f"{ROWS[task]} · {bench.names.get(model, model)}"
                work.begin(what)
                if task in DECISIONS and task not in reported:
                    bench.tell_splits(task)
                    reported.add(task)
                work.end(CELL, **asdict(bench.cell(task, model, what)))
    except Stopped:
        return work.outcome(stopped=True)
    work.clear()
    return work.outcome(stopped=False)


class _Bench:
    """The models and the texts that several cells share, each made when first needed."""

    def __init__(self, config: RunConfig, compare: CompareConfig, work: TableWork) -> None:
        self.config, self.compare, self.work = config, compare, work
        self.device = choose_device(config.train.device)
        self.names = {PRETRAINED: str(config.parent), GPT2: str(compare.gpt2)}
        self._splits: dict[str, Splits] = {}

    def cell(self, task: str, model: str, what: str) -> Cell:
        if task in DECISIONS:
            if model in (PRETRAINED, RANDOM, GPT2):
                return self._gpt_decides(task, model, what)
            return self._earlier_decides(task, model)
        if task == NEXT_WORD:
            return self._predicts(model, what)
        return self._writes(task, model, what)

    # Texts ---------------------------------------------------------------------------------

    def splits(self, task: str) -> Splits:
        """Training and test rows, thinned evenly to the numbers of the configuration."""
        if task not in self._splits:
            data = DataConfig(SOURCES[task], validation=0.0)
            whole = read_splits(data, self.config.train.seed, None)
            train = thinned(whole.train, self.compare.n_train)
            test = thinned(whole.test, self.compare.n_test)
            self._splits[task] = Splits(train, whole.validation, test, whole.notices)
        return self._splits[task]

    def tell_splits(self, task: str) -> None:
        """What the splits are, as an event: the truth is kept for comparisons in pairs."""
        splits = self.splits(task)
        classes = splits.train.classes
        truth = [classes.index(label) for label in splits.test.labels]
        self.work.sink.event(
            TASK, 0, task=task, classes=classes, truth=truth, n_train=len(splits.train),
            n_test=len(splits.test),
        )  # fmt: skip

    @cached_property
    def text(self) -> tuple[list[str], list[str]]:
        """Documents to learn from, and held-out ones, cut to the configured size."""
        train, held_out = load_corpus(CORPUS).split(DataConfig().validation, CORPUS_SPLIT_SEED)
        return train, cut_documents(held_out, self.compare.held_out_bytes)

    @cached_property
    def words(self) -> frozenset[str]:
        return known_words(load_corpus("shakespeare+tweets+conversations").documents)

    @cached_property
    def training_words(self) -> str:
        return " ".join(" ".join(self.text[0]).lower().split())

    # Deciding ------------------------------------------------------------------------------

    def _earlier_decides(self, task: str, model: str) -> Cell:
        splits = self.splits(task)
        kinds: dict[str, Callable[[], Baseline]] = {
            NGRAM: NgramClassifier, BAYES: NaiveBayes, REGRESSION: WordRegression,
        }  # fmt: skip
        began = time.perf_counter()
        learner = kinds[model]().fit(splits.train.texts, splits.train.labels)
        seconds = time.perf_counter() - began
        predicted = learner.predict(splits.test.texts)
        if isinstance(learner, NgramClassifier):
            note = (
                f"An n-gram model makes no decision by itself: one was counted for each class "
                f"({learner.order} bytes long), and Bayes' rule decides between them."
            )
            return self._decided(task, model, predicted, seconds, learner.n_bytes, None, note)
        assert isinstance(learner, (NaiveBayes, WordRegression))
        parameters = learner.n_parameters
        note = "One weight for each word and class, learned for this task alone."
        n_bytes = DOUBLE_BYTES * parameters
        return self._decided(task, model, predicted, seconds, n_bytes, parameters, note)

    def _gpt_decides(self, task: str, model: str, what: str) -> Cell:
        splits = self.splits(task)
        loaded = models.load(self.names[PRETRAINED if model == RANDOM else model])
        # A GPT-2 is eighteen times as large: all of it would learn for an hour.
        trainable = "last-block" if model == GPT2 else "all"
        config = classify_training(len(splits.train), trainable, self.compare.epochs, {
            name: getattr(self.config.train, name)
            for name in ("device", "threads", "precision", "seed")
        })  # fmt: skip
        config = config.with_(eval_every=config.steps, checkpoint_every=config.steps, patience=0)
        began = time.perf_counter()
        shape = loaded.trunk.config.with_(dropout=FINETUNE_DROPOUT, causal=trainable != "all")
        pretrained = loaded.trunk if model != RANDOM else None
        generator = torch.Generator().manual_seed(config.seed)
        classifier = classifier_on(shape, pretrained, len(splits.train.classes), generator)
        classifier.set_trainable(trainable)
        learner = self._classification(classifier, loaded.tokenizer, splits, config)
        self.work.train(f"{task} {model}", what, learner, config)
        seconds = time.perf_counter() - began
        predicted = [str(row["predicted"]) for row in learner.test_rows]
        parameters = sum(parameter.numel() for parameter in classifier.parameters())
        note = HOW_IT_LEARNED[model]
        n_bytes = FLOAT_BYTES * parameters
        return self._decided(task, model, predicted, seconds, n_bytes, parameters, note)

    def _classification(
        self,
        classifier: SequenceClassifier,
        tokenizer: Tokenizer,
        splits: Splits,
        config: TrainConfig,
    ) -> ClassificationTask:
        classes, length = splits.train.classes, classifier.trunk.config.context_length
        parts = {"train": splits.train, "test": splits.test}
        examples = {
            name: encoded_examples(part, tokenizer, classes, length)[0]
            for name, part in parts.items()
        }
        examples["validation"] = examples["train"][:LOOKED_AT]
        return ClassificationTask(
            classifier, tokenizer, examples, splits.test.texts, classes, config, self.device
        )

    def _decided(
        self,
        task: str,
        model: str,
        predicted: list[str],
        seconds: float,
        n_bytes: int,
        parameters: int | None,
        note: str,
    ) -> Cell:
        splits = self.splits(task)
        classes = splits.train.classes
        scores = classification_scores(splits.test.labels, predicted, classes)
        numbers = tuple(classes.index(label) for label in predicted)
        return Cell(
            task, model, scores["macro_f1"], scores["accuracy"], seconds, n_bytes, parameters,
            note, predicted=numbers,
        )  # fmt: skip

    # Predicting and writing ----------------------------------------------------------------

    def _predicts(self, model: str, what: str) -> Cell:
        held_out = self.text[1]
        if model == NGRAM:
            ngram, tokenizer, seconds, note = self._ngram
            score = bits_per_byte(ngram, tokenizer, held_out)
            return Cell(NEXT_WORD, model, score, None, seconds, ngram.n_bytes, None, note)
        gpt, tokenizer, seconds, note = self._writer(model, what)
        score = text_loss(gpt, tokenizer, held_out)["bits_per_byte"]
        parameters = gpt.config.n_parameters()
        return Cell(
            NEXT_WORD, model, score, None, seconds, FLOAT_BYTES * parameters, parameters, note
        )

    def _writes(self, task: str, model: str, what: str) -> Cell:
        prompt, samples = PROMPTS[task], []
        n_tokens = self.compare.sample_tokens
        if model == NGRAM:
            ngram, tokenizer, _, _ = self._ngram
            per_token = 4 if tokenizer.vocab_size < 300 else 1  # bytes to a token, about
            samples = [
                continuation(ngram, tokenizer, prompt, per_token * n_tokens, seed, TEMPERATURE)
                for seed in SAMPLE_SEEDS
            ]
            n_bytes, parameters = ngram.n_bytes, None
        else:
            gpt, tokenizer, _, _ = self._writer(model, what)
            for seed in SAMPLE_SEEDS:
                sampling = SamplingConfig(TEMPERATURE, seed=seed, max_new_tokens=n_tokens)
                samples.append(generate(gpt, tokenizer, prompt, sampling).text)
            parameters = gpt.config.n_parameters()
            n_bytes = FLOAT_BYTES * parameters
        copied = max(longest_copy(sample, self.training_words) for sample in samples)
        return Cell(
            task, model, None, None, 0.0, n_bytes, parameters,
            "Written by the model of the row above: nothing was trained for it.", tuple(samples),
            real_words=real_word_share(samples, self.words), copied=copied,
        )  # fmt: skip

    @cached_property
    def _ngram(self) -> tuple[NgramModel, Tokenizer, float, str]:
        """Over the GPT's own tokens or over bytes: whichever predicts the end of the training text
        better, so that the rival is the strongest of its kind."""
        train = self.text[0]
        own = models.tokenizer_for(self.names[PRETRAINED])
        candidates = [(own, TOKEN_ORDER), (builtin_tokenizer("bytes"), BYTE_ORDER)]
        kept, looked_at = (train[:-1], train[-1:]) if len(train) > 1 else (train, train)
        bits = [
            bits_per_byte(fit_on(candidate, kept, order), candidate, looked_at)
            for candidate, order in candidates
        ]
        tokenizer, order = candidates[int(np.argmin(bits))]
        began = time.perf_counter()
        model = fit_on(tokenizer, train, order)
        seconds = time.perf_counter() - began
        unit = "bytes" if tokenizer is not own else "of the GPT's tokens"
        note = (
            f"Counts of up to {order} {unit} in the training part of {CORPUS}, "
            f"{model.n_ngrams:,} different ones."
        )
        return model, tokenizer, seconds, note

    def _writer(self, model: str, what: str) -> tuple[GPT, Tokenizer, float, str]:
        """A GPT that writes: the pretrained one unchanged, or a small one trained here."""
        if model == RANDOM:
            return self._small_writer(what)
        loaded = models.load(self.names[model])
        if loaded.kind != "language":
            raise LabError(f"{loaded.ref} is a classifier and cannot write: choose another.")
        before = _pretraining(self.names[model])
        return loaded.trunk, loaded.tokenizer, 0.0, f"Nothing was trained here. {before}"

    def _small_writer(self, what: str) -> tuple[GPT, Tokenizer, float, str]:
        """The preset tiny on the same training text as the n-gram model; trained once."""
        if not hasattr(self, "_small"):
            began = time.perf_counter()
            tokenizer = models.tokenizer_for(self.names[PRETRAINED])
            preset = preset_named("tiny")
            shape = preset.model.with_(vocab_size=tokenizer.vocab_size)
            config = small_training(preset.train, self.compare.lm_steps, self.config.train)
            ids = encoded_corpus(tokenizer, self.text[0], cache_dir())
            task = language_task(shape, tokenizer, ids, config, self.device)
            self.work.train("writer", what, task, config)
            note = (
                f"A small GPT of {shape.n_parameters():,} parameters, since the larger shape "
                f"learns little in so short a time: {config.steps} steps on the training part of "
                f"{CORPUS}."
            )
            self._small = (task.model, tokenizer, time.perf_counter() - began, note)
        return self._small


def _pretraining(ref: str) -> str:
    """What a model had read before this comparison, in a sentence: up to the step whose weights
    are used, and by the model that a finetune began with."""
    from llmcore.convert.locate import OPENAI_NAMES
    from llmcore.errors import NotFoundError
    from llmcore.runs.store import open_run

    name, which = split_reference(ref)
    run: Run | None = None
    try:
        run = open_run(name)
        while run.config.kind != "pretrain" and run.config.parent:
            name, which = split_reference(run.config.parent)
            run = open_run(name)
    except NotFoundError:
        run = None
    if run is not None and "imported_from" not in run.raw_config:
        step = run.checkpoint(which or "best").step
        tokens = step * run.config.train.batch_size * run.config.model.context_length
        return f"Its pretraining read {tokens:,} tokens."
    source = name if run is None else str(run.raw_config["imported_from"])
    if source.removeprefix("openai-community/") in OPENAI_NAMES:
        return "OpenAI trained it on 40 GB of web pages, which may quote Shakespeare."
    return "How much its pretraining read is not known."
