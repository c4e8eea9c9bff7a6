"""How one token was chosen: its rivals from logits through temperature and filters to a chance."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.components import payload, registered
from ui.playground import sampling
from ui.playground.bench import Bench
from ui.playground.stage import branched
from ui.playground.tokens import share

if TYPE_CHECKING:
    from llmcore.generation import SamplingConfig
    from llmcore.generation.rereading import Reading

FILTERS = ("top-k", "top-p", "min-p")
GREEDY = ("temperature", "temperature", "temperature")  # what cuts all but one at temperature 0


def choice_of(slot: str, bench: Bench | None) -> None:
    """How the selected token, else the last one, went from logits to a probability."""
    if bench is None or not (path := bench.path()):
        return
    settings = sampling.reading_config()
    at = next((i for i, node in enumerate(path) if node.id == bench.selected), len(path) - 1)
    reading, _ = bench.read(path, settings, [at])
    if reading is None:
        st.caption("The scores of this token are not kept any more.")
        return
    token, which = path[at].written, "selected" if path[at].id == bench.selected else "newest"
    facts = (
        f", the {which} token, was number {reading.rank[0]:,} of "
        f"{bench.tree.tokenizer.vocab_size:,} for the model, which gave it "
        f"{share(reading.natural[0])}; under these settings it has "
        f"{share(reading.probability[0])}. The choice held "
        f"{reading.entropy[0]:.1f} bits."
    )
    key = f"playground_choice_{slot}"
    data = {
        "node": path[at].id,
        "told": ["", bench.labels.label(token), facts],
        "names": ["", "logit", _scaled_name(settings), "filters", "probability"],
        "rows": _stages(bench, reading, token, settings),
        "rest": _rest(reading),
    }
    registered("token_choice")(key=key, data=payload(data), on_branch_change=branched(key, bench))


def _scaled_name(settings: "SamplingConfig") -> str:
    if settings.temperature == 0:
        return "greedy"
    penalty = "penalty, " if settings.repetition_penalty != 1.0 else ""
    return f"{penalty}÷ {settings.temperature:.2f}"


def _stages(
    bench: Bench, reading: "Reading", token: int, settings: "SamplingConfig"
) -> list[list[Any]]:
    """The rows of token_choice.js: the likeliest tokens by the model, and the chosen one."""
    k = reading.ids.shape[1] - 1
    ids = reading.ids[0].tolist()
    columns = range(k if token in ids[:k] else k + 1)
    names = FILTERS if settings.temperature else GREEDY
    left = list(zip(names, reading.n_kept[0].tolist(), strict=True))
    rows = []
    for i in columns:
        cut = next((name for name, n in left if reading.places[0, i] >= n), None)
        rows.append(
            [
                ids[i],
                bench.labels.label(ids[i]),
                round(float(reading.logits[0, i]), 2),
                round(float(reading.scaled[0, i]), 2),
                "kept" if cut is None else f"✕ {cut}",
                cut is None,
                round(float(reading.probabilities[0, i]), 5),
                ids[i] == token,
            ]
        )
    return rows


def _rest(reading: "Reading") -> str:
    k = reading.ids.shape[1] - 1
    kept = int(reading.n_kept[0, 2])
    others = 1.0 - float(reading.probabilities[0, :k].sum())
    if kept == 1:
        return "One token is left: there is nothing to draw."
    if kept <= k:
        return f"{kept} tokens are left to draw from."
    return (
        f"{kept:,} tokens are left to draw from; those not shown share {share(max(0.0, others))}."
    )
