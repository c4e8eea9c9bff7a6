"""Diverse data: trained on × tested on, and how far it is to the data of a large model."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.experiments.diverse_data.cells import MIX, DiverseMatrix
from llmcore.experiments.measured_tables import TableRecord, measured_table
from llmcore.plots.diverse import matrix_chart, scale_chart
from ui.charts import live_chart
from ui.earlier_nlp.shipped import shipped_table
from ui.page import guarded, plain
from ui.run_panel.choice import run_picker, runs_of
from ui.run_panel.feed import duration
from ui.run_panel.start import Begin, start_box
from ui.run_panel.table import table_panel
from ui.scores import BITS_PER_BYTE, OVERLAP
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import Run

KIND = "diverse-data"
BUTTON = "Train and test them"
BASE = "base"
HERE = (
    "the words of each corpus, and the tokens that the pretrained model of this lab read while it "
    "was trained, some of them more than once"
)
# Name, words or tokens, and where the figure was published.
PUBLISHED = (
    ("a child of 13 has heard, at most", 1e8, "words; Warstadt et al. 2023, BabyLM"),
    ("BERT, 2018", 3.3e9, "words; Devlin et al. 2019"),
    ("GPT-3, 2020", 3e11, "tokens; Brown et al. 2020"),
    ("Chinchilla, 2022", 1.4e12, "tokens; Hoffmann et al. 2022"),
    ("Llama 2, 2023", 2e12, "tokens; Touvron et al. 2023"),
    ("Llama 3, 2024", 1.5e13, "tokens; Llama team, Meta 2024"),
)


def show() -> None:
    infos = runs_of(KIND)
    st.markdown(
        "A model knows what it has read. Here one small model is trained on each corpus and one "
        "on their mix, all with the same number of steps; then each is tested on held-out text of "
        "**every** corpus. Read a column from top to bottom: the darker, the better."
    )
    place = st.container()
    with guarded():
        _start_box()
    with place:
        info = run_picker(infos, KIND, "Matrix to show")
        if info is not None:
            table_panel(info.id, draw)
        else:
            with guarded():
                shipped_table(KIND, BUTTON, _draw_record)
    with guarded():
        _scale(info.id if info is not None else None)


def draw(run: "Run") -> None:
    _draw_record(run, run.id)


def _draw_record(record: TableRecord, name: str) -> None:
    found = DiverseMatrix(record)
    with st.container():
        for sentence in answer(found):
            st.markdown(f"**{plain(sentence)}**")
    figure = matrix_chart(found.rows(), found.models, found.corpora)
    live_chart(figure, key=f"matrix_{name}")
    st.caption(
        f"{BITS_PER_BYTE} {OVERLAP} Lower is better, and numbers compare within a column "
        "only. In the mix every corpus has the same share; smaller ones are repeated."
    )
    if found.trained:
        st.dataframe(
            {
                "Trained on": list(found.trained),
                "Words": [f"{model.words:,}" for model in found.trained.values()],
                "Tokens read": [f"{model.tokens_read:,}" for model in found.trained.values()],
                "Parameters": [f"{model.parameters:,}" for model in found.trained.values()],
                "Training": [duration(model.seconds) for model in found.trained.values()],
                "Mean bits per byte": [
                    "…" if (mean := found.mean(name)) is None else f"{mean:.3f}"
                    for name in found.trained
                ],
            },
            hide_index=True,
            key=f"trained_{name}",
        )


def answer(found: DiverseMatrix) -> list[str]:
    """One sentence from the numbers of a whole matrix, a specialist's win included."""
    means = {model: found.mean(model) for model in found.models}
    if any(mean is None for mean in means.values()):
        return []
    mixed = means.pop(MIX) or 0.0
    best = min(means, key=lambda mean: means[mean] or 0.0)
    own = [
        corpus
        for corpus in found.corpora
        if found.scores[corpus, corpus] < found.scores[MIX, corpus]
    ]
    home = (
        f"On its own corpus the specialist is better in {len(own)} of {len(found.corpora)} cases"
        if own
        else "Not even on its own corpus is a specialist better than the mix"
    )
    verdict = "best" if mixed < (means[best] or 0.0) else "not best"
    return [
        f"{home}; over all corpora the model of the mix is {verdict}: {mixed:.2f} bits per byte "
        f"against {means[best]:.2f} of the best specialist, {best}."
    ]


def _start_box() -> None:
    with start_box(KIND, "diverse data") as box:
        left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
        quick = left.toggle(
            "Quick", key="diverse_quick", persist_state="session",
            help="Short trainings, for a first look.",
        )  # fmt: skip
        left.caption(
            "Four models of a quarter million parameters on shakespeare, messages and "
            "conversations. " + ("About a minute" if quick else "Two to four minutes")
            + " on two quiet cores, in the background."
        )  # fmt: skip
        box.button(BUTTON, right, lambda begin: _begin(quick, begin))


def _begin(quick: bool, begin: Begin) -> None:
    from llmcore.experiments.diverse_data.plan import plan_diverse

    begin(plan_diverse(quick=quick))


def _scale(run_id: str | None) -> None:
    st.header("From here to a large model", anchor=False)
    own = read_here(run_id)
    amounts = own + [(name, amount) for name, amount, _ in PUBLISHED]
    live_chart(scale_chart(amounts, frozenset(name for name, _ in own)), key="scale_of_text")
    sources = "; ".join(f"{name} ({source})" for name, _, source in PUBLISHED)
    st.caption(
        plain(f"Here: {HERE}. Published figures: {sources}. A token is about three quarters of ")
        + "an English word, a difference that is hardly seen on this scale."
    )


def read_here(run_id: str | None) -> list[tuple[str, float]]:
    """What models of this lab have read, by name, the least first: words of the corpora of the
    run or of the shipped table, and tokens of the pretrained model that comes with the lab."""
    record = measured_table(KIND) if run_id is None else store().open(run_id)
    trained = DiverseMatrix(record).trained if record is not None else {}
    own = [(f"here: {name}", float(model.words)) for name, model in trained.items()]
    base = store().open(BASE)
    step, config = base.checkpoint().step, base.config
    read = step * config.train.batch_size * config.model.context_length
    own.append((f"here: {BASE}, the pretrained model", float(read)))
    return sorted(own, key=lambda point: point[1])
