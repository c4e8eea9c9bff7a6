"""Which learns faster? GPT-2 and its variants, trained in turn on the same data and tokens."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.experiments.variants.cells import (
    GPT2,
    LEAST_SEEDS,
    VARIANTS,
    VariantCurves,
    answer_sentences,
    trainings,
)
from llmcore.experiments.variants.settings import ARCHITECTURES, VariantsConfig
from llmcore.plots.variants import VariantCurve, lead_chart, learning_chart
from llmcore.settings import bounds_of
from llmcore.texts import bytes_in_words
from ui.charts import live_chart
from ui.fields import number
from ui.page import guarded, plain
from ui.run_panel.choice import run_picker, runs_of
from ui.run_panel.feed import duration
from ui.run_panel.start import Begin, start_box
from ui.run_panel.table import table_panel
from ui.scores import BITS_PER_BYTE, OVERLAP

if TYPE_CHECKING:
    from llmcore.runs import Run

KIND = "variants"
LEAST_STEPS = 12  # one for each look at the held-out text
BITS, LEAD = "Bits per byte", "Ahead of GPT-2"
SECONDS_PER_STEP = 0.06  # of the preset tiny on two quiet cores, the looks included


def show() -> None:
    infos = runs_of(KIND)
    st.markdown(
        "The models of today are GPT-2 with a few parts exchanged. Here each part is exchanged by "
        "itself, then all four: **the same data, the same tokens, the same recipe**. The one whose "
        "line falls first learns faster."
    )
    place = st.container()
    with guarded():
        _start_box()
    with place:
        info = run_picker(infos, KIND, "Comparison to show")
        if info is not None:
            table_panel(info.id, draw, "trainings")


def draw(run: "Run") -> None:
    found = VariantCurves(run)
    for place, sentence in enumerate(answer_sentences(found)):
        st.markdown(f"**{plain(sentence)}**" if place == 0 else plain(sentence))
    _chart(run.id, found)
    if found.results():
        _table(run.id, found)


def _chart(run_id: str, found: VariantCurves) -> None:
    curves = [
        VariantCurve(
            VARIANTS[name].label, ARCHITECTURES.index(name), seed,
            [look.tokens for look in looks], [look.bits_per_byte for look in looks],
        )
        for name, seed in trainings(found.settings)
        if (looks := found.curve(name, seed))
    ]  # fmt: skip
    shown = st.segmented_control(
        "Chart", [BITS, LEAD], default=BITS, required=True, key=f"variants_chart_{run_id}",
        label_visibility="collapsed",
    )  # fmt: skip
    if shown == LEAD:
        luck = found.luck if found.is_whole else None
        live_chart(lead_chart(curves, luck), key=f"variants_lead_{run_id}")
        st.caption(
            "How many bits per byte less than GPT-2 with the same seed after as many tokens: above "
            "0 it has learned faster. In the grey band the difference may be luck."
        )
        return
    live_chart(learning_chart(curves), key=f"variants_bits_{run_id}")
    st.caption(
        f"{BITS_PER_BYTE} {OVERLAP} All on the same held-out text; lower is better. "
        "Pale lines are further seeds. One recipe for all: each part might do better with "
        "a learning rate of its own."
    )


def _table(run_id: str, found: VariantCurves) -> None:
    results = found.results()
    gpt2 = next((result.bits_per_byte for result in results if result.variant == GPT2), None)
    st.dataframe(
        {
            "Architecture": [VARIANTS[result.variant].label for result in results],
            "Bits per byte": [f"{result.bits_per_byte:.3f}" for result in results],
            "vs GPT-2": [
                ""
                if gpt2 is None or result.variant == GPT2
                else f"{result.bits_per_byte - gpt2:+.3f}"
                for result in results
            ],
            "Tokens to GPT-2's end": [
                "not reached" if result.catches_up is None else f"{result.catches_up:,}"
                for result in results
            ],
            "Parameters": [f"{result.parameters:,}" for result in results],
            "Tokens/s": [f"{result.tokens_per_s:,.0f}" for result in results],
            "Time": [duration(result.seconds) for result in results],
            "Full KV cache": [bytes_in_words(result.cache_bytes) for result in results],
            "Seeds": [result.n_seeds for result in results],
            "What is exchanged": [
                f"{VARIANTS[result.variant].summary} ({VARIANTS[result.variant].paper})"
                for result in results
            ],
        },
        hide_index=True,
        key=f"variants_table_{run_id}",
    )
    st.caption(
        "Tokens per second while it trained on this machine; whatever else ran then slowed it, so "
        "compare speeds with care. Bits per byte is the mean over the seeds."
    )


def _start_box() -> None:
    few, many = (int(bound or 1) for bound in bounds_of(VariantsConfig, "n_seeds"))
    with start_box(KIND, "which learns faster") as box:
        left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
        with left, st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            seeds = st.segmented_control(
                "Seeds", range(few, many + 1), default=VariantsConfig().n_seeds, required=True,
                key="variants_seeds", persist_state="session",
                help="How often each is trained, with other first weights and another order of the "
                "text. More seeds tell a real difference from luck.",
            )  # fmt: skip
            steps = number(
                VariantsConfig, "part_steps", "Steps of each", low=LEAST_STEPS,
                key="variants_steps", persist_state="session", width=170,
                note="A longer training says more about a longer training.",
            )  # fmt: skip
        n = len(ARCHITECTURES) * int(seeds or 1) + max(0, LEAST_SEEDS - int(seeds or 1))
        minutes = max(1, round(n * int(steps) * SECONDS_PER_STEP / 60))
        left.caption(
            f"{n} trainings of a quarter million parameters on shakespeare, GPT-2 itself at least "
            f"{LEAST_SEEDS} times to see what luck does. About {minutes} minutes on two quiet "
            f"cores, in the background."
        )
        changes = {"n_seeds": int(seeds or 1), "part_steps": int(steps)}
        box.button("Train and compare", right, lambda begin: _begin(changes, begin))


def _begin(changes: dict[str, int], begin: Begin) -> None:
    from llmcore.experiments.variants.plan import plan_variants

    begin(plan_variants(changes=changes))
