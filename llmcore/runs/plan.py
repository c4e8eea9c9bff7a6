"""From a few choices to a whole RunConfig; what can be refused is refused here, before a start."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llmcore import models
from llmcore.config import (
    AUTO,
    LEARNERS,
    CurveConfig,
    DataConfig,
    LoraConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
)
from llmcore.data import (
    Corpus,
    LabelledSet,
    Splits,
    corpus_from_text,
    split_labelled,
)
from llmcore.data.chosen import read_labelled
from llmcore.data.reading.documents import CorpusOptions
from llmcore.data.windows import check_length
from llmcore.errors import LabError
from llmcore.paths import BUNDLED_RUNS
from llmcore.presets import DEFAULT_PRESET, preset_named
from llmcore.runs.text_size import is_counted, text_size
from llmcore.tasks.epochs import steps_per_epoch

# Those of a probe are steps of its solver, which ends sooner by itself.
DEFAULT_EPOCHS = {"all": 5, "last-block": 4, "head": 8, "lora": 4, "probe": 40}
# What steers the training loop, and a probe's solver has no use for.
STEERED = {"learning_rate", "batch_size", "warmup_steps", "patience"}
# Training texts. From `base`, each alone: with 800 messages a probe is ahead of everything
# learning (97.6 against 96.1%, cross-validated), with 3,600 level (98.0 and 98.1%, one split) in a
# third of the time, with 30,000 tweets far behind (macro F1 0.694 against 0.728).
PROBE_AT_MOST = 10_000
FINETUNE = TrainConfig(
    batch_size=32,
    learning_rate=1e-3,
    min_learning_rate=0.05,
    weight_decay=0.05,
    beta2=0.98,
    precision="auto",
)
LEARNING_RATES = {"head": 1e-2, "all": 5e-4, "lora": 2e-3}
FINETUNE_DROPOUT = 0.1
CURVE_SIZES = (10, 30, 100, 300)
CURVE_STEPS = 60  # of training on the smallest subsets, whose epochs are one step long
LORA_DROPOUT = 0.0  # measured better than 0.1: so few numbers hardly learn by heart
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
    corpus, held_out: the user's own text, and `validation_source`, where they were read already.
    reading: how the user's own file is read; pasted `text` is one text.
    Raises ShortTextError where the text is too short for the context, LabError where another
    choice cannot work.
    """
    chosen = preset_named(preset or DEFAULT_PRESET)
    wanted = given(model_changes or {})
    if not tokenizer and "vocab_size" not in wanted:
        bundled = "base" if (BUNDLED_RUNS / "base").is_dir() else ""
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
    texts = [one for one in (corpus, held_out) if one is not None]
    if corpus is not None and any(is_counted(one, model.context_length) for one in texts):
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


def plan_classify(
    source: str = "sms-spam",
    model_ref: str | None = None,
    trainable: str = "all",
    balance: str = "none",
    table: bytes | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    epochs: int | None = None,
    name: str | None = None,
    model_changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
    n_train: int | None = None,
    lora: LoraConfig | None = None,
    words: bool = True,
    data: DataConfig | None = None,
    reading: dict[str, Any] | None = None,
) -> RunConfig:
    """The configuration of a classification finetune; reads the data to count its steps.

    source: a built-in set, a file, or the file name of the uploaded `table`. data: instead of
    `source`, `balance` and the columns, all that says how the data is read. reading: the report on
    a file, where `table` was made of it.
    n_train: the number of training texts, where the caller has already split the data.
    trainable: one of TRAINABLE, or AUTO: a probe, or everything where there are many texts, or
    settings that steer the training loop.
    lora: the settings of `trainable="lora"`; by default those of LoraConfig.
    words: whether the words of a text vote beside the model.
    Raises LabError where the data cannot be learned from or the model does not exist.
    """
    parent = model_ref or models.default_model()
    data = data or DataConfig(
        source=source, text_column=text_column, label_column=label_column, balance=balance
    )
    changes, shaped = given(train_changes or {}), given(model_changes or {})
    if n_train is None:
        labelled = read_labelled(data, table)
        n_train = len(splits_of(labelled, data, changes.get("seed", FINETUNE.seed)).train)
        reading = reading or (labelled.report.to_dict() if labelled.report else None)
    steered = sorted(STEERED & changes.keys()) + (["causal"] if "causal" in shaped else [])
    if trainable == AUTO:
        few = n_train <= PROBE_AT_MOST and not steered and epochs is None
        trainable = "probe" if few else "all"
    if trainable == "probe" and steered:
        raise LabError(
            f"A probe is solved, not trained step by step, so it takes no {', '.join(steered)}: "
            f"leave that out, or choose another way to learn, such as all."
        )
    dropout = LORA_DROPOUT if trainable == "lora" else FINETUNE_DROPOUT
    # Where every layer learns, reading to both sides is worth a point of accuracy on sms-spam;
    # layers that stand still know only what stands before a token.
    shape = {"causal": trainable != "all", **shaped}
    return RunConfig(
        kind="classify",
        name=name or f"{data.source} {trainable}",
        model=finetuned_shape(parent, shape, dropout),
        train=classify_training(n_train, trainable, epochs, changes),
        data=data,
        parent=parent,
        trainable=trainable,
        lora=lora if trainable == "lora" else None,
        words=words,
        reading=reading,
    )


def finetuned_shape(parent: str, wanted: dict[str, Any], dropout: float) -> ModelConfig:
    """The parent's shape with a run's own context and dropout; causal, unless `wanted` says no.
    Raises LabError."""
    shape = models.model_config(parent)
    if (wanted.get("context_length") or 0) > shape.context_length:
        raise LabError(
            f"The context length {wanted['context_length']} is longer than the "
            f"{shape.context_length} tokens of model {parent}: choose at most that."
        )
    return shape.with_(**{"dropout": dropout, "causal": True, **given(wanted)})


def plan_learning_curve(
    source: str = "sms-spam",
    model_ref: str | None = None,
    table: bytes | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    sizes: Sequence[int] = CURVE_SIZES,
    n_seeds: int = 5,
    learners: Sequence[str] = LEARNERS,
    context_length: int | None = None,
    name: str | None = None,
    train_changes: dict[str, Any] | None = None,
    data: DataConfig | None = None,
    reading: dict[str, Any] | None = None,
) -> RunConfig:
    """The configuration of a learning curve over `sizes` and all texts outside of the test split.

    Sizes below the number of classes, or beyond the texts that there are, are left out. Raises
    LabError where the data cannot be learned from or the model does not exist.
    """
    parent = model_ref or models.default_model()
    data = replace(data or DataConfig(source, text_column, label_column), validation=0.0)
    changes = given(train_changes or {})
    labelled = read_labelled(data, table)
    pool = splits_of(labelled, data, changes.get("seed", FINETUNE.seed)).train
    reading = reading or (labelled.report.to_dict() if labelled.report else None)
    fitting = [size for size in sizes if len(pool.classes) <= size < len(pool)]
    curve = CurveConfig((*fitting, len(pool)), n_seeds, tuple(learners))
    return RunConfig(
        kind="learning-curve",
        name=name or f"{data.source} learning curve",
        model=finetuned_shape(parent, {"context_length": context_length}, FINETUNE_DROPOUT),
        train=FINETUNE.with_(**{**changes, "steps": curve.n_points}),
        data=data,
        parent=parent,
        curve=curve,
        reading=reading,
    )


def curve_training(n_train: int, trainable: str, seed: int, base: TrainConfig) -> TrainConfig:
    """The recipe of one point of a learning curve: that of a finetune, at least
    CURVE_STEPS long, and not looked at before its end."""
    per_epoch = steps_per_epoch(n_train, base.batch_size)
    epochs = max(DEFAULT_EPOCHS[trainable], -(-CURVE_STEPS // per_epoch))
    steps = per_epoch * epochs
    kept = {name: getattr(base, name) for name in ("batch_size", "device", "threads", "precision")}
    return classify_training(
        n_train, trainable, epochs,
        {**kept, "seed": seed, "eval_every": steps, "checkpoint_every": steps},
    )  # fmt: skip


def n_trainable(config: RunConfig, n_classes: int) -> int:
    """How many numbers a classification finetune learns, without building it."""
    shape = config.model
    C = shape.d_model
    head = config.head_parameters(n_classes)
    if config.trainable == "lora":
        assert config.lora is not None
        return head + config.lora.n_parameters(shape)
    if config.trainable == "last-block":
        return head + sum(shape.parameters_of_a_block().values()) + shape.parameters_of_a_norm()
    if config.trainable == "all":
        unused = 0 if shape.tied_head else shape.vocab_size * C  # the language head
        return head + shape.n_parameters() - unused
    return head


def classify_training(
    n_train: int,
    trainable: str = "all",
    epochs: int | None = None,
    changes: dict[str, Any] | None = None,
) -> TrainConfig:
    """The recipe of a classification finetune on `n_train` texts.

    It is validated twice an epoch. changes: fields to replace; None keeps the recipe's.
    """
    changes = given(changes or {})
    if trainable == "probe":
        changes.setdefault("steps", epochs or DEFAULT_EPOCHS["probe"])
        return FINETUNE.with_(**{**changes, "warmup_steps": 0})
    recipe = FINETUNE.with_(learning_rate=LEARNING_RATES.get(trainable))
    per_epoch = steps_per_epoch(n_train, changes.get("batch_size", recipe.batch_size))
    changes.setdefault("steps", per_epoch * (epochs or DEFAULT_EPOCHS.get(trainable, 4)))
    changes.setdefault("eval_every", max(1, per_epoch // 2))
    changes.setdefault("checkpoint_every", per_epoch)
    changes.setdefault("warmup_steps", min(20, per_epoch))
    return with_rhythm(recipe, changes)


def read_splits(data: DataConfig, seed: int, table: bytes | None) -> Splits:
    """Training, validation and test rows, the same for the same configuration and seed."""
    return splits_of(read_labelled(data, table), data, seed)


def splits_of(labelled: LabelledSet, data: DataConfig, seed: int) -> Splits:
    """The same for rows that were read already."""
    return split_labelled(labelled, data.validation, data.test, seed, data.balance)


def given(changes: dict[str, Any]) -> dict[str, Any]:
    """The choices that were made; None stands for one that was left to the recipe."""
    return {key: value for key, value in changes.items() if value is not None}


def with_rhythm(train: TrainConfig, changes: dict[str, Any]) -> TrainConfig:
    """Applies `changes`; a short run is looked at about ten times, a long one logs less often."""
    steps = changes.get("steps", train.steps)
    rhythm: dict[str, Any] = {"log_every": max(1, steps // 1000)}
    for key in ("eval_every", "checkpoint_every"):
        rhythm[key] = min(getattr(train, key), max(1, steps // 10))
    rhythm["warmup_steps"] = min(train.warmup_steps, steps // 10)
    return train.with_(**{**rhythm, **changes})
