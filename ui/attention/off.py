"""Switch off: heads, MLPs and layers taken out, and what the model says without them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from llmcore.errors import LabError
from llmcore.models import Loaded, Reference, resolve
from ui.attention.choice import MAX_TOKENS, notice_text
from ui.attention.effects import rank_panel, ranking_of
from ui.attention.figures import figure, format_choice
from ui.attention.grid import HEADS, LAYER, MLP, part_grid
from ui.attention.passages import N_WINDOWS, means_of, test_ids
from ui.components import message
from ui.marked import Markdown
from ui.page import guarded, plain
from ui.picker import load_model
from ui.session import ATTENTION_OFF
from ui.token_text import plain_label

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from llmcore.interpret.ablation import Part, Prediction

MAX_PARTS = 400
FILLS = {"zero": "Zero", "mean": "Mean"}
N_SHOWN = 8
HONEST = (
    "What this does not prove: without a part the rest works on numbers that it never met while "
    "learning, so a large effect may be damage rather than the part's own work; the mean is "
    "gentler than zero. No effect does not mean no role: later heads often stand in for one that "
    "is off. Attention weights show where a head reads; this shows whether it matters, here."
)


def show(ref: str, text: str) -> None:
    """The switches, and before and after."""
    st.markdown(
        "Click parts to switch them off: a **head**, the **MLP** of a layer, or a whole **layer**. "
        "The rest of the model runs on without what they add."
    )
    how = _fill_choice()
    model = resolve(ref)
    _bench(model, text, how)
    rank_panel(model, text, how)
    st.caption(HONEST)


def _fill_choice() -> str:
    """What replaces a part that is off: `zero` or `mean`."""
    return st.segmented_control(
        "In the place of what is off",
        list(FILLS),
        default="zero",
        required=True,
        format_func=FILLS.__getitem__,
        key="attention_fill",
        persist_state="session",
        help="Zero: the part adds nothing. Mean: it always adds what it adds on average over "
        f"{N_WINDOWS} passages of held-out text, so that only what it says of this text is lost "
        "(mean ablation).",
    )


def parts_off(loaded: Loaded) -> "list[Part]":
    """What is off now and belongs to this model; also written into the address as `?off=`."""
    from llmcore.interpret.ablation import Part

    if ATTENTION_OFF not in st.session_state:
        wanted = st.query_params.get("off", "")
        st.session_state[ATTENTION_OFF] = [name for name in wanted.split(",") if name][:MAX_PARTS]
    found = set()
    for name in st.session_state[ATTENTION_OFF]:
        try:
            found.add(Part.parse(str(name), loaded.trunk.config))
        except LabError:  # of a model with more layers: it is there again with that model
            continue
    parts = sorted(found)
    if parts:
        st.query_params["off"] = ",".join(part.name for part in parts)[:600]
    else:
        st.query_params.pop("off", None)
    return parts


def _picked() -> None:
    names = message("attention_switches", "off")
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        st.session_state[ATTENTION_OFF] = [name[:12] for name in names[:MAX_PARTS]]


def _all_on() -> None:
    st.session_state[ATTENTION_OFF] = []


@st.fragment
def _bench(model: Reference, text: str, how: str) -> None:
    loaded, key = load_model(model), model.key
    parts = parts_off(loaded)
    left, right = st.columns(2, gap="large")
    with left:
        _switches(key, text, how, loaded, parts)
    with right, guarded():
        _results(key, text, how, loaded, parts)


def _switches(key: str, text: str, how: str, loaded: Loaded, parts: "Sequence[Part]") -> None:
    ranking = ranking_of(key, text, how)
    values = None if ranking is None else np.column_stack([ranking.heads, ranking.mlp])
    part_grid(
        "attention_switches",
        loaded.trunk.config,
        on_pick=_picked,
        mode="toggle",
        columns=(HEADS, MLP, LAYER),
        off=[part.name for part in parts],
        values=values,
        largest=None if ranking is None else float(np.abs(ranking.heads).max()),
        unit="nats more loss when this alone is off",
        hint="On: all work. Click to switch off, click again to switch on.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("All on", icon=":material/restart_alt:", disabled=not parts, on_click=_all_on)
        format_choice()


def _results(key: str, text: str, how: str, loaded: Loaded, parts: "Sequence[Part]") -> None:
    names = ",".join(part.name for part in parts)
    ids, cut = _ids(key, text, loaded)
    notice_text(cut)
    before = _outcome(key, text, "", "zero", loaded)
    after = _outcome(key, text, names, how, loaded) if parts else before
    title = plain(f"Without {names.replace(',', ', ')}") if parts else "All parts work"
    st.markdown(f"**{title if len(title) < 120 else f'Without {len(parts)} parts'}**")
    if loaded.labels is not None:
        _decision(loaded.labels, before, after)
        return
    on_text, on_test = st.columns(2)
    if before.loss is None or after.loss is None:
        on_text.metric("Loss on your text", "–", help="One token has none before it to predict it.")
    else:
        _loss(on_text, "Loss on your text", before.loss, after.loss,
              f"Mean nats for each of your {len(ids) - 1} predicted tokens.")  # fmt: skip
    _next(loaded, before, after)
    # Last, since it is the slowest: what is above is there already.
    with on_test:
        base = _test_loss(key, "", "zero", loaded)
        now = _test_loss(key, names, how, loaded) if parts else base
        if base is not None and now is not None:
            _loss(on_test, "Loss on held-out text", base, now,
                  f"Mean nats a token over {N_WINDOWS} passages of Shakespeare that the bundled "
                  f"models did not learn from.")  # fmt: skip


def _loss(
    place: "DeltaGenerator", label: Markdown, before: float, after: float, note: Markdown
) -> None:
    change = after - before
    place.metric(
        label, f"{after:.3f}", delta=f"{change:+.3f}" if after != before else None,
        delta_color="inverse", help=f"{note} Before: {before:.3f}.",
    )  # fmt: skip


def _next(loaded: Loaded, before: "Prediction", after: "Prediction") -> None:
    from llmcore.plots.interpret import before_after_bars

    best = np.maximum(before.probabilities, after.probabilities)
    ids = [int(token) for token in np.argsort(-best)[:N_SHOWN]]
    ids.sort(key=lambda token: -before.probabilities[token])
    labels = [loaded.tokenizer.token_label(token_id) for token_id in ids]
    st.markdown("**What comes next**")
    figure(
        before_after_bars(
            labels, before.probabilities[ids], after.probabilities[ids], ("all on", "switched off")
        ),
        "attention_off_next",
        "switched-off-next-token",
        "Probabilities of the next token before and after",
    )
    first, now = int(before.probabilities.argmax()), int(after.probabilities.argmax())
    if first != now:
        names = [plain(plain_label(loaded.tokenizer.token_bytes(token))) for token in (first, now)]
        st.markdown(f"The likeliest token was **{names[0]}** and is now **{names[1]}**.")
    else:
        moved = float(np.abs(before.probabilities - after.probabilities).sum() / 2)
        st.caption(f"The likeliest token stays; {moved:.1%} of the probability has moved.")


def _decision(labels: list[str], before: "Prediction", after: "Prediction") -> None:
    from llmcore.plots.interpret import before_after_bars

    first, now = int(before.probabilities.argmax()), int(after.probabilities.argmax())
    one, two = st.columns(2)
    one.metric("Decision", plain(labels[first]), help="With all parts.")
    two.metric(
        "Decision with these off", plain(labels[now]),
        delta=None if first == now else "changed", delta_color="off",
    )  # fmt: skip
    figure(
        before_after_bars(
            labels, before.probabilities, after.probabilities, ("all on", "switched off")
        ),
        "attention_off_classes",
        "switched-off-decision",
        "Probabilities of the classes before and after",
    )


def _ids(key: str, text: str, loaded: Loaded) -> tuple[list[int], str | None]:
    from llmcore.interpret.attention import text_ids

    end = loaded.labels is None
    return text_ids(loaded.trunk, loaded.tokenizer, text, MAX_TOKENS, end)


@st.cache_data(max_entries=64, show_spinner=False)
def _outcome(key: str, text: str, names: str, how: str, _loaded: Loaded) -> "Prediction":
    from llmcore.interpret.ablation import outcome

    ids, _ = _ids(key, text, _loaded)
    return outcome(_loaded, ids, _parsed(names, _loaded), means_of(key, how, _loaded))


@st.cache_data(max_entries=64, show_spinner=False)
def _test_loss(key: str, names: str, how: str, _loaded: Loaded) -> float | None:
    """None if this machine has no held-out text."""
    from llmcore.interpret.ablation import mean_loss

    ids = test_ids(key, _loaded)
    if ids is None:
        return None
    return mean_loss(_loaded.trunk, ids, _parsed(names, _loaded), means_of(key, how, _loaded))


def _parsed(names: str, loaded: Loaded) -> "list[Part]":
    from llmcore.interpret.ablation import Part

    return [Part.parse(name, loaded.trunk.config) for name in names.split(",") if name]
