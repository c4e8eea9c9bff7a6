"""The choices of a pretraining run: text, size, steps, tokenizer, where it runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.config import ModelConfig, RunConfig, TrainConfig
from llmcore.data.reading.documents import CorpusOptions
from llmcore.presets import DEFAULT_PRESET, PRESETS
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.tokenizers.store import saved_tokenizers
from ui.fields import number
from ui.pretrain.architecture import architecture_fields
from ui.session import PRETRAIN_PRESET, PRETRAIN_TOKENIZER
from ui.text_source import ChosenText, text_source

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

KIND = "pretrain"
LEAST_RATE = 1e-6  # a model with a rate of 0 learns nothing
IN_APP, OWN_PROCESS, TORCHRUN = "In the app", "A process of its own", "torchrun"
WHERE_HELP = (
    "**In the app**: a background thread; it saves and stops when the app ends.  \n"
    "**A process of its own**: goes on when the app ends; you find it here again.  \n"
    "**torchrun**: several processes or GPUs, by a command line to copy."
)


@dataclass(slots=True)
class Choice:
    """What the options say: the text, and who trains."""

    text: ChosenText
    config: RunConfig
    where: str = IN_APP


def options(parts: "DeltaGenerator") -> Choice | None:
    """The form, with the architecture in the place `parts`; None while a text is still to be
    given. Raises LabError if the choices cannot work."""
    chosen = text_source(KIND)
    size, steps, tokenizer = st.columns(3)
    preset = size.selectbox(
        "Size",
        list(PRESETS),
        index=list(PRESETS).index(DEFAULT_PRESET),
        key=PRETRAIN_PRESET,
        persist_state="session",
        help="  \n".join(f"**{preset.name}**: {preset.summary}" for preset in PRESETS.values()),
    )
    defaults = PRESETS[preset]
    n_steps = number(
        TrainConfig, "steps", "Steps", place=steps, value=defaults.train.steps,
        key=f"pretrain_steps_{preset}", persist_state="session",
        note="Each updates the weights once, from one batch.",
    )  # fmt: skip
    labels = _tokenizers()
    chosen_tokenizer = tokenizer.selectbox(
        "Tokenizer",
        list(labels),
        format_func=lambda name: labels.get(name, name),
        key=PRETRAIN_TOKENIZER,
        persist_state="session",
        help="Your own come from the Tokenizer page, where you can train them.",
    )
    model_changes, train_changes = _fine_options(preset)
    with parts:
        model_changes |= architecture_fields(preset)
    where = st.segmented_control(
        "Where it runs", [IN_APP, OWN_PROCESS, TORCHRUN], default=IN_APP, required=True,
        key="pretrain_where", persist_state="session", help=WHERE_HELP,
    )  # fmt: skip
    if chosen is None:
        return None
    with st.spinner("Reading the tokenizer"):
        config = plan_pretrain(
            chosen.source,
            preset=preset,
            tokenizer=chosen_tokenizer,
            corpus=chosen.corpus,
            model_changes=model_changes,
            train_changes={"steps": int(n_steps), **train_changes},
            reading=chosen.reading or CorpusOptions(),
        )
    return Choice(chosen, config, where or IN_APP)


def _tokenizers() -> dict[str, str]:
    """Reference -> label, the ones that were trained on their own included.

    One that was deleted meanwhile gives its place to the default.
    """
    labels = {
        "": "Default for this text",
        "bytes": "Bytes: 256 values",
        "gpt2": "GPT-2's: 50,257 tokens",
    }
    for saved_tokenizer in saved_tokenizers():
        labels[saved_tokenizer.slug] = (
            f"{saved_tokenizer.card.name}: {saved_tokenizer.card.vocab_size:,} tokens"
        )
    if st.session_state.get(PRETRAIN_TOKENIZER) not in {None, *labels}:
        st.session_state[PRETRAIN_TOKENIZER] = ""
    return labels


def _fine_options(preset: str) -> tuple[dict, dict]:
    """Batch and its parts, context, learning rate, seed; the defaults are the preset's."""
    defaults = PRESETS[preset]
    batch, parts, context, rate, seed = st.columns(5)
    batch_size = number(
        TrainConfig, "batch_size", "Batch size", place=batch, value=defaults.train.batch_size,
        key=f"pretrain_batch_{preset}", persist_state="session",
    )  # fmt: skip
    n_parts = number(
        TrainConfig, "accumulation", "Gradient accumulation", place=parts,
        value=defaults.train.accumulation, key=f"pretrain_parts_{preset}", persist_state="session",
        note="They are computed one after another: less memory, the same numbers, more time. The "
        "batch size must be a multiple of it.",
    )  # fmt: skip
    context_length = number(
        ModelConfig, "context_length", "Context length", place=context,
        value=defaults.model.context_length, key=f"pretrain_context_{preset}",
        persist_state="session",
    )  # fmt: skip
    learning_rate = number(
        TrainConfig, "learning_rate", "Learning rate", place=rate, low=LEAST_RATE,
        value=defaults.train.learning_rate, format="%.4g", key=f"pretrain_rate_{preset}",
        persist_state="session", note="It is reached after the warm-up.",
    )  # fmt: skip
    seed_value = number(
        TrainConfig, "seed", "Seed", place=seed, value=defaults.train.seed, key="pretrain_seed",
        persist_state="session", note="The same seed gives the same run.",
    )  # fmt: skip
    return (
        {"context_length": int(context_length)},
        {
            "batch_size": int(batch_size),
            "accumulation": int(n_parts),
            "learning_rate": float(learning_rate),
            "seed": int(seed_value),
        },
    )


def apply_change(change: dict[str, Any]) -> None:
    """A callback: puts what the card suggests into the options."""
    preset = st.session_state.get(PRETRAIN_PRESET, DEFAULT_PRESET)
    if "accumulation" in change:
        st.session_state[f"pretrain_parts_{preset}"] = int(change["accumulation"])
    if "context_length" in change:
        st.session_state[f"pretrain_context_{preset}"] = int(change["context_length"])
