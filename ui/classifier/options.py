"""How the classifier learns: from which model, which of its parts, and with which say of each
class."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.config import AUTO, LORA_TARGETS, FinetuneChoices, LoraConfig
from llmcore.errors import LabError
from ui.fields import number
from ui.picker import start_picker

if TYPE_CHECKING:
    from llmcore.config import RunConfig

TRAINABLE = {
    AUTO: "What suits the data",
    "probe": "A probe of every layer",
    "all": "Everything",
    "lora": "LoRA",
    "last-block": "Last block and head",
    "head": "Head only",
}
TRAINABLE_NOTES = {
    AUTO: "Up to 10,000 training texts a probe, and everything where there are more.",
    "probe": "The model stands still and is read at every layer, from the embedding to the last "
    "block: the mean, maximum and minimum over the tokens. The best head over those is found "
    "within seconds. With few texts it is right more often than a model that all of them changed.",
    "all": "Every weight of the language model moves. It learns best, and each step costs most.",
    "lora": "The model stands still and thin matrices beside its weights learn. The run keeps "
    "only those: a small file, which needs its base to work.",
    "last-block": "The lower blocks stay as they are and run once for each text: faster, and a "
    "measure of what they had already learned.",
    "head": "Only the new head learns: what is right here, the language model had already "
    "learned from raw text.",
}
BALANCE = {
    "none": "As they are",
    "weights": "Weigh rare classes more",
    "equal": "Equally many of each",
}
BALANCE_NOTES = {
    "none": "Each text counts alike: where one class is rare, calling everything by the other "
    "name costs little.",
    "weights": "All texts are used, and one of a rare class counts more in the loss, so that "
    "every class has the same say. It finds more of the rare class, with more false alarms.",
    "equal": "Texts of the larger classes are dropped from the training split until all have as "
    "many: quick, but what is dropped cannot be learned from. Validation and test keep all.",
}
TARGET_NAMES = {
    "qkv": "Attention: queries, keys, values",
    "output": "Attention: output",
    "up": "Feed-forward: up",
    "down": "Feed-forward: down",
}


@dataclass(slots=True)
class Settings:
    """What the options say beside the data."""

    model: str | None = None
    trainable: str = AUTO
    balance: str = "none"
    epochs: int | None = None
    lora: LoraConfig | None = None
    causal: bool | None = None  # None: as the recipe has it
    words: bool = True


def choose_model() -> str:
    """Draws the choice of the language model. Raises LabError if there is none."""
    return start_picker("classify_model")


def options() -> Settings:
    """Base model, what learns, epochs, balance. Raises LabError if there is no model."""
    from llmcore.recipes.classification import DEFAULT_EPOCHS

    model, trainable, balance, epochs = st.columns([3, 2, 2, 1])
    with model:
        ref = choose_model()
    what = trainable.selectbox(
        "What learns",
        list(TRAINABLE),
        format_func=TRAINABLE.__getitem__,
        key="classify_trainable",
        persist_state="session",
    )
    even = balance.selectbox(
        "Classes in training",
        list(BALANCE),
        format_func=BALANCE.__getitem__,
        key="classify_balance",
        persist_state="session",
    )
    steered = what not in (AUTO, "probe")
    n_epochs = number(
        FinetuneChoices, "epochs", "Epochs", place=epochs,
        value=DEFAULT_EPOCHS[what] if steered else None, key=f"classify_epochs_{what}",
        persist_state="session", disabled=not steered, note="A probe is solved, so it has none.",
    )  # fmt: skip
    lora = _lora() if what == "lora" else None
    causal = not _both_sides() if what == "all" else None
    words = _words()
    st.caption(
        f"**{TRAINABLE[what]}**: {TRAINABLE_NOTES[what]}  \n"
        f"**{BALANCE[even]}**: {BALANCE_NOTES[even]}"
    )
    return Settings(ref, what, even, int(n_epochs) if n_epochs else None, lora, causal, words)


def _words() -> bool:
    return st.toggle(
        "Combine with a bag-of-words model",
        True,
        key="classify_words",
        persist_state="session",
        help="Logistic regression on the words alone is wrong about other texts than the language "
        "model is, so both together are right more often. Off: the model decides alone.",
    )


def _both_sides() -> bool:
    return st.toggle(
        "Each token sees the whole text",
        True,
        key="classify_both_sides",
        persist_state="session",
        help="A language model sees only what stands before a token, so that it cannot copy the "
        "next one, and the head then reads the last token, which has seen all. A classifier "
        "predicts no next token: let every token look to both sides, and the head read the mean "
        "of all, and it is right more often. Such a model cannot continue a text any more.",
    )


def _lora() -> LoraConfig:
    """Raises LabError if no layer is chosen."""
    default = LoraConfig()
    rank, alpha, targets = st.columns([1, 1, 3])
    r = number(
        LoraConfig, "rank", "Rank", place=rank, key="classify_lora_rank", persist_state="session"
    )
    a = number(
        LoraConfig, "alpha", "Alpha", place=alpha, key="classify_lora_alpha",
        persist_state="session",
    )  # fmt: skip
    layers = targets.multiselect(
        "Layers of each block that get one",
        list(LORA_TARGETS),
        default=list(default.targets),
        format_func=TARGET_NAMES.__getitem__,
        key="classify_lora_targets",
        persist_state="session",
    )
    if not layers:
        raise LabError("No layer is chosen for LoRA: choose at least one, or another way to learn.")
    return LoraConfig(int(r), float(a), tuple(layers))


def learned_share(config: "RunConfig", n_classes: int) -> str:
    """`25,858 of 1,234,567 parameters learn (2.09%)`."""
    from llmcore.recipes.classification import n_trainable

    learned = n_trainable(config, n_classes)
    total = config.model.n_parameters() + config.head_parameters(n_classes)
    if config.lora is not None:
        total += config.lora.n_parameters(config.model)
    share = learned / total
    shown = f"{share:.0%}" if share >= 0.1 else f"{share:.2%}" if share >= 1e-3 else f"{share:.3%}"
    return f"{learned:,} of {total:,} parameters learn ({shown})"
