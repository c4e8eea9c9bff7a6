"""One job: its figure with the evidence, a model of one's choice, the try area, and the way on."""

import streamlit as st

from llmcore.applications import JOBS, Figure, Job, held_out, serving_model
from llmcore.applications.background import QUICK_ROWS, measurement, start_measuring
from ui.applications.begun_text import begun_text
from ui.applications.gallery import open_job
from ui.applications.looks import (
    SHORT,
    badge,
    bars,
    figure_for,
    measured_on,
    why,
    written,
)
from ui.applications.training import training
from ui.applications.trying import try_it
from ui.instructions.use_it import use_it
from ui.navigation import page_link
from ui.page import guarded, plain
from ui.picker import load_model, model_picker
from ui.session import APPLICATIONS_MODEL

TICK_SECONDS = 0.5
_SWITCH = "app_switch"
HELD_OUT = {
    True: "The model learned from the training rows of this set; these test rows hold values, "
    "wordings and combinations that it never saw.",
    False: "The 5-gram counted the training part of the same corpus, with the model's own tokens; "
    "neither has seen the held-out documents.",
}


def detail(job: Job) -> None:
    _switch(job)
    with guarded():
        training(job)
        ref = model_picker(
            None if job.takes_classifier else "language",
            key=APPLICATIONS_MODEL,
            default=serving_model(job),
        )
        loaded = load_model(ref)
        job.fits(loaded)
        st.markdown("**Try it**")
        try_it(job, loaded)
        st.space("small")
        _measured(job, ref)
        _way_on(job, ref)
        if job.answers and loaded.labels is None:
            use_it(ref, held_out(job)[0].question)


def _switch(job: Job) -> None:
    """Back to all, or to another job."""
    st.button("All applications", icon=":material/arrow_back:", on_click=open_job, args=(None,))
    st.session_state[_SWITCH] = job.name
    st.segmented_control(
        "Application",
        list(JOBS),
        format_func=lambda name: JOBS[name].title,
        key=_SWITCH,
        required=True,
        wrap=True,
        on_change=lambda: open_job(st.session_state[_SWITCH]),
        label_visibility="collapsed",
    )


# ---- figures


def _measured(job: Job, ref: str) -> None:
    figure = figure_for(job, ref)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Measured**", width="content")
        badge(ref, figure)
    if figure is not None:
        _figure(job, figure)
    _measure(job, ref, figure)


def _figure(job: Job, figure: Figure) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        bars(figure, f"app_all_bars_{job.name}", everyone=True)
        st.caption(f"{measured_on(figure)}, {plain(figure.data)}. The line: 95% interval.")
    with right:
        st.markdown(why(figure))
        own = figure.name or figure.model
        for metric, scores in figure.others.items():
            beside = " · ".join(
                f"{plain(own if name == 'model' else name)} {written(metric, score)}"
                for name, score in scores.items()
            )
            st.caption(f"{SHORT.get(metric) or plain(metric)}: {beside}")
        for notice in figure.notices:
            st.caption(f":material/info: {plain(notice)}")
    st.caption(HELD_OUT[job.answers])
    _own_words(figure)
    st.code(figure.command, language="bash", wrap_lines=True)
    st.caption(f"{plain(figure.date)}, {figure.seconds:,.0f} s")
    if figure.samples:
        with st.expander("Unedited samples of the measurement", icon=":material/article:"):
            for place, sample in enumerate(figure.samples):
                begun_text(sample["prompt"], sample["text"], f"app_sample_{job.name}_{place}")
                st.divider()


def _own_words(figure: Figure) -> None:
    """What the figure does not show: questions that no generator wrote."""
    if not figure.own_words:
        return
    st.markdown("**In other words**")
    st.caption(
        "The score is of rows from the generator that also wrote the training rows. These "
        "questions are worded as a person may ask them; they are too few to count."
    )
    st.dataframe(
        [
            {"Asked": " ".join(part for part in (own_word["question"], own_word["input"]) if part),
             "The model's answer": own_word["answer"], "A right answer": own_word["right"]}
            for own_word in figure.own_words
        ],
        width="stretch",
    )  # fmt: skip


def _measure(job: Job, ref: str, figure: Figure | None) -> None:
    """The button that measures this model on a few rows, and what it is doing."""
    going = measurement(job, ref)
    if going is not None and going.is_live:
        _watch(job, ref)
        return
    if going is not None and going.error:
        st.error(plain(going.error), icon=":material/error:")
    if figure is not None:
        return
    st.caption(
        f"Measures this model on {QUICK_ROWS} held-out rows beside trivial methods; all rows: "
        f"`python -m llmcore applications measure --job {job.name} --model MODEL`."
    )
    if st.button("Measure this model", icon=":material/straighten:", key=f"app_measure_{job.name}"):
        start_measuring(job, ref)
        st.rerun()


def _watch(job: Job, ref: str) -> None:
    def draw() -> None:
        going = measurement(job, ref)
        if going is None or not going.is_live:
            st.rerun()
        st.progress(going.share, text=f"Measuring {plain(ref)} on {going.n} rows")
        st.button("Stop", icon=":material/stop:", on_click=going.stop, key="app_stop_measuring")

    st.fragment(draw, run_every=TICK_SECONDS)()


def _way_on(job: Job, ref: str) -> None:
    st.markdown("**The way on**")
    with st.container(horizontal=True):
        if job.answers:
            page_link("chat", "Chat with it", model=ref)
            page_link("instructions", "Finetune more, or on your own rows", start=ref)
        else:
            page_link("pretrain", "Pretrain longer, or on your own text")
        if job.takes_classifier:
            page_link("classifier", "Finetune a classifier on tweets")
        page_link("runs", "Import GPT-2 under Runs")
