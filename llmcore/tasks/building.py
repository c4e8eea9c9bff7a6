"""Building the task of a classification finetune from splits and a language model."""

import logging
from typing import Any

import torch

from llmcore.classical import Baseline, MajorityClass, NaiveBayes, WordRegression, WordVote
from llmcore.config import ModelConfig, RunConfig
from llmcore.data import LabelledSet, Splits
from llmcore.device import choose_device
from llmcore.errors import LabError
from llmcore.evaluation import classification_scores
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.lora import add_lora
from llmcore.nn.model import GPT, INIT_STD
from llmcore.tasks.classification import ClassificationTask, Example, encode_texts
from llmcore.tokenizers import Tokenizer

log = logging.getLogger(__name__)


def classification_task(
    config: RunConfig, splits: Splits, trunk: GPT, tokenizer: Tokenizer
) -> tuple[ClassificationTask, list[str]]:
    """The task of finetuning a copy of `trunk` on given splits, and notices about the texts."""
    classes = splits.train.classes
    examples, notices = _examples(splits, tokenizer, classes, config.model.context_length)
    task = ClassificationTask(
        model=new_classifier(config, trunk, len(classes)),
        tokenizer=tokenizer,
        splits=examples,
        test_texts=splits.test.texts,
        classes=classes,
        config=config.train,
        device=choose_device(config.train.device),
        balance=config.data.balance,
        votes=_word_votes(splits) if config.words else None,
        validation_texts=splits.validation.texts,
    )
    return task, notices


def _word_votes(splits: Splits) -> tuple[WordVote, WordVote] | None:
    """What words say after the training texts, and after the validation texts as well. None if
    the texts hold no words."""
    train, validation = splits.train, splits.validation
    texts, labels = train.texts + validation.texts, train.labels + validation.labels
    try:
        first = WordVote.fit(train.texts, train.labels, train.classes)
        return first, WordVote.fit(texts, labels, train.classes)
    except LabError:
        return None


def new_classifier(config: RunConfig, trunk: GPT, n_classes: int) -> SequenceClassifier:
    """A copy of the parent's trunk, cut to this run's context, under a new head."""
    generator = torch.Generator().manual_seed(config.train.seed)
    model = classifier_on(config.model, trunk, n_classes, generator, config.reads_layers)
    if config.lora is not None and config.trainable == "lora":
        lora = config.lora
        add_lora(model.trunk, lora.rank, lora.alpha, lora.targets, generator)
    model.set_trainable(config.trainable)
    return model


def classifier_on(
    shape: ModelConfig, trunk: GPT | None, n_classes: int, generator: torch.Generator,
    reads_layers: bool = False,
) -> SequenceClassifier:  # fmt: skip
    """A new head over a copy of `trunk`, cut to `shape`; over random weights if it is None."""
    model = SequenceClassifier(GPT(shape, generator), n_classes, generator, reads_layers)
    if trunk is not None:
        model.trunk.copy_weights_of(trunk)
    return model


def encoded_examples(
    part: LabelledSet, tokenizer: Tokenizer, classes: list[str], length: int
) -> tuple[list[Example], int]:
    """The texts of a part as ids with the numbers of their classes, and how many were cut."""
    ids, n_cut = encode_texts(tokenizer, part.texts, length)
    rows = zip(ids, part.labels, strict=True)
    return [Example(text, classes.index(label)) for text, label in rows], n_cut


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
        result[name], n_cut = encoded_examples(part, tokenizer, classes, length)
        total_cut += n_cut
    cut = f"{total_cut} texts are longer than {length} tokens and were cut to that length."
    return result, [cut] if total_cut else []


def classical_baselines(splits: Splits) -> dict[str, dict[str, Any]]:
    """Test scores of 'always the largest class', naive Bayes and logistic regression on exactly the
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


def random_weights(config: RunConfig) -> GPT:
    """The model that a pretraining run begins with, drawn from its seed."""
    model = GPT(config.model, generator=torch.Generator().manual_seed(config.train.seed))
    if config.train.init_std != INIT_STD:
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() > 1:  # biases begin at 0 and norms at 1, whatever the spread
                    parameter.mul_(config.train.init_std / INIT_STD)
    return model
