"""Embeddings: nearest neighbours of a token and a map of chosen ones, before and after training."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from llmcore.errors import LabError
from llmcore.interpret.embeddings import (
    CLASSES,
    aligned,
    cohesion,
    nearest,
    principal_axes,
    single_token,
    token_vectors,
    tokens_of_class,
)
from ui.page import guarded, plain
from ui.picker import load_model, model_picker
from ui.state import well_formed
from ui.token_text import plain_label

if TYPE_CHECKING:
    from llmcore.models import Loaded
    from llmcore.tokenizers import Tokenizer

N_NEIGHBOURS = 10
MAX_WORDS = 60
MAX_WORD_LENGTH = 40
DEFAULT_CLASSES = ["Digits", "Months", "Pronouns", "People", "Past tense"]
OWN = "Your words"


@dataclass(frozen=True, slots=True)
class Vectors:
    """Token vectors (V, C) of a model, and of the same one before it had learned."""

    after: np.ndarray
    before: np.ndarray | None
    before_label: str
    after_label: str


def show(text: str) -> None:
    """Neighbours and map, of the chosen model's token embedding."""
    st.markdown(
        "Every token has a **vector**: its row of the embedding table, which the first layer of "
        "the model reads instead of the token. At first the rows are random. Nobody tells the "
        "model that *three* is like *four*: what stands in the same places of the text is pushed "
        "to the same side, so look at which tokens have found each other."
    )
    ref = model_picker("language", key="embeddings_model")
    loaded = load_model(ref)
    vectors = _vectors(loaded.key, loaded)
    if vectors.before is None:
        st.info(
            "This model came here trained, so how it began is not known: only what it has become "
            "is shown. Choose a run that was pretrained in this lab to see both.",
            icon=":material/history_toggle_off:",
        )
    with guarded():
        _map(loaded.tokenizer, vectors)
    with guarded():
        _neighbours(loaded.tokenizer, vectors)


@st.cache_resource(max_entries=4, show_spinner="Reading the embeddings")
def _vectors(key: str, _loaded: "Loaded") -> Vectors:
    from llmcore.interpret.before_training import first_model
    from llmcore.runs import open_run

    after = token_vectors(_loaded.trunk)
    run = _loaded.card.get("run")
    began = first_model(open_run(run)) if run else None
    if began is None:
        return Vectors(after, None, "", "trained")
    model, label = began
    return Vectors(after, token_vectors(model), label, f"step {_loaded.step:,}")


def _map(tokenizer: "Tokenizer", vectors: Vectors) -> None:
    from llmcore.plots.embeddings import Map, embedding_maps

    groups, missing = _chosen_tokens(tokenizer)
    if missing:
        st.caption(f"Not one token in this vocabulary, so left out: {plain(', '.join(missing))}.")
    ids = [id for members in groups.values() for id in members]
    after = principal_axes(vectors.after[ids])
    maps = [Map(f"After ({vectors.after_label})", after.coordinates, after.explained)]
    if vectors.before is not None:
        before = principal_axes(vectors.before[ids])
        turned = aligned(before.coordinates, after.coordinates)
        maps.insert(0, Map(f"Before ({vectors.before_label})", turned, before.explained))
    places, start = {}, 0
    for name, members in groups.items():
        places[name] = range(start, start + len(members))
        start += len(members)
    labels = [tokenizer.token_label(token_id) for token_id in ids]
    st.plotly_chart(
        embedding_maps(maps, labels, places),
        key="embeddings_map",
        config={"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]},
        alt="Map of the chosen tokens' embeddings",
    )
    st.caption(
        f"Each map is the flattest view of {vectors.after.shape[1]:,} numbers a token: its two "
        f"axes are the directions in which these tokens differ most (PCA), and the rest of the "
        f"variance is not in the picture. The map before is turned, not stretched, to lie as near "
        f"as it can on the one after: what differs between them then is what training moved. "
        f"Click a class in the legend to hide it, drag to look closer."
    )
    if len(groups) > 1:
        _cohesion(vectors, list(groups.values()))


def _cohesion(vectors: Vectors, groups: list[list[int]]) -> None:
    tables = [("after", vectors.after)]
    if vectors.before is not None:
        tables.insert(0, ("before", vectors.before))
    cells = []
    try:
        for name, table in tables:
            same, other = cohesion(table, groups)
            cells += [(f"Alike in a class, {name}", same), (f"Alike across, {name}", other)]
    except LabError:  # a class of one token: there is nothing to compare
        return
    for column, (label, value) in zip(st.columns(4), cells, strict=False):
        column.metric(
            label, f"{round(value, 2) + 0.0:.2f}",
            help="Mean cosine of two tokens, in all dimensions: 1 the same direction, 0 unrelated.",
        )  # fmt: skip


def _chosen_tokens(tokenizer: "Tokenizer") -> tuple[dict[str, list[int]], list[str]]:
    """Ids by class, each id once, and words that are no single token. Raises LabError for none."""
    left, right = st.columns(2, gap="medium")
    chosen = left.multiselect(
        "Classes of tokens", list(CLASSES), default=DEFAULT_CLASSES, key="embeddings_classes",
        persist_state="session",
    )  # fmt: skip
    typed = right.text_input(
        "Words of your own", placeholder="apart by spaces: love hate sword peace",
        max_chars=400, key="embeddings_words", persist_state="session",
    )  # fmt: skip
    words = [word[:MAX_WORD_LENGTH] for word in well_formed(typed or "").split()[:MAX_WORDS]]
    wanted = {name: CLASSES[name] for name in chosen}
    if words:
        wanted[OWN] = tuple(dict.fromkeys(words))
    groups: dict[str, list[int]] = {}
    missing: list[str] = []
    taken: set[int] = set()
    for name, members in reversed(wanted.items()):  # a word of one's own leaves its class
        ids, absent = tokens_of_class(tokenizer, members)
        kept = [token_id for token_id in ids if token_id not in taken]
        taken.update(kept)
        missing = absent + missing
        if kept:
            groups[name] = kept
    if not groups:
        raise LabError("There is nothing to draw: choose a class, or type words of your own.")
    return {name: groups[name] for name in wanted if name in groups}, missing


def _neighbours(tokenizer: "Tokenizer", vectors: Vectors) -> None:
    st.header("Nearest neighbours", anchor=False)
    left, right = st.columns(2, gap="medium")
    typed = left.text_input(
        "A word or a sign", value="king", max_chars=60, key="embeddings_word",
        persist_state="session",
    )  # fmt: skip
    text = well_formed(typed or "")
    if not text:
        st.info("Type a word to see which tokens lie near it.")
        return
    whole = single_token(tokenizer, text)
    ids = [whole] if whole is not None else list(dict.fromkeys(tokenizer.encode(f" {text}")))
    chosen = right.selectbox(
        "Token", ids, format_func=lambda id: f"{plain_label(tokenizer.token_bytes(id))} ({id})",
        key=f"embeddings_token_{hash(tuple(ids))}",
        help="A word of several tokens has no vector of its own: look at each part.",
    )  # fmt: skip
    tables = [(f"After ({plain(vectors.after_label)})", vectors.after)]
    if vectors.before is not None:
        tables.insert(0, (f"Before ({plain(vectors.before_label)})", vectors.before))
    for column, (title, table) in zip(st.columns(2, gap="medium"), tables, strict=False):
        found = nearest(table, chosen, N_NEIGHBOURS)
        column.caption(title)
        column.dataframe(
            {
                "Token": [plain_label(tokenizer.token_bytes(neighbour.id)) for neighbour in found],
                "Cosine": [neighbour.cosine for neighbour in found],
                "Id": [neighbour.id for neighbour in found],
            },
            hide_index=True,
            key=f"embeddings_near_{title}",
            column_config={
                "Cosine": st.column_config.ProgressColumn(
                    format="%.3f", min_value=0.0, max_value=1.0
                )
            },
        )
    chance = 2 / vectors.after.shape[1] ** 0.5
    st.caption(
        f"Of {len(vectors.after):,} random vectors the nearest are near by chance alone: two of "
        f"them have a cosine within about ±{chance:.2f}. Rare tokens hardly moved, so they keep "
        f"neighbours by chance after training too."
    )
