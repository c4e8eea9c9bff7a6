"""What billions of parameters mean: where they sit, what they weigh, what they have to compute."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.advice import budget
from llmcore.advice.budget import BYTES, HARDWARE, in_words, time_in_words
from llmcore.errors import LabError
from llmcore.texts import bytes_in_words
from ui.marked import Markdown
from ui.model.shape import OWN, Known, known_shapes, shape_choice
from ui.page import guarded, plain
from ui.picker import model_picker

if TYPE_CHECKING:
    from llmcore.config import ModelConfig

QUIET = {"displayModeBar": False}
CURVE = [round(2 ** (exponent / 2)) for exponent in range(8, 35)]
LIMITS = {"16 GB laptop": 16e9, "80 GB GPU": 80e9}
TOKENS_PER_BOOK = 120_000


def show() -> None:
    """Sliders above, then parameters, memory, the work of a text, training, all side by side."""
    left, right = st.columns([2, 1], gap="large")
    left.markdown(
        "A **parameter** is one number that training sets. Choose a model and move the sliders: "
        "all figures below follow at once. They are arithmetic on the shape, no model is loaded."
    )
    with right:
        own = _own_model()
    st.fragment(_all)(own)


def _own_model() -> "tuple[str, ModelConfig] | None":
    """The model that is chosen on every page, by its shape alone."""
    from llmcore.models import list_models, model_config

    try:
        ref = model_picker(label="Your model, to compare with", key="model_billions_model")
        config = model_config(ref)
    except LabError:  # none yet, or damaged: the known shapes are enough here
        return None
    label = next((entry.label for entry in list_models() if entry.ref == ref), ref)
    return f"Yours: {label}", config


def _all(own: "tuple[str, ModelConfig] | None") -> None:
    with guarded():
        known = known_shapes(own)
        config = shape_choice(known)
        _facts(config)
        _parameters(config, known)
        _memory(config)
        _context(config)
        _training(config)
        _side_by_side(config, known)


def _facts(config: "ModelConfig") -> None:
    N = config.n_parameters()
    cells = (
        ("Parameters", in_words(N), f"{N:,}"),
        ("Weights at 16 bits", bytes_in_words(2 * N), "2 bytes each"),
        (
            "FLOPs for the next token",
            in_words(budget.next_token_flops(config, config.context_length - 1)),
            "2 for each weight that multiplies, and attention over a full context",
        ),
        (
            "Read one a second",
            time_in_words(N / budget.SECONDS_PER_DAY),
            "how long it would take to read all parameters aloud, one a second",
        ),
    )
    for column, (label, value, note) in zip(st.columns(len(cells)), cells, strict=True):
        column.metric(label, value, help=note)


def _parameters(config: "ModelConfig", known: Known) -> None:
    from llmcore.plots.budget import part_bars, size_bars

    st.header("Where the parameters are", anchor=False)
    parts = {name: count for name, count in config.parameters_by_part().items() if count}
    left, right = st.columns([5, 4], gap="medium")
    with left:
        st.plotly_chart(
            part_bars(parts, [in_words(count) for count in parts.values()]), key="model_parts",
            config=QUIET, alt="Parameters by part",
        )  # fmt: skip
        C, L = config.d_model, config.n_layers
        in_blocks = parts["attention"] + parts["feed-forward"]
        st.caption(
            f"Each layer holds about {in_blocks / L / C**2:.1f} · C² parameters (12 · C² in GPT-2, "
            f"Kaplan et al. 2020): {L} × {in_blocks / L / C**2:.1f} × {C:,}² = "
            f"{in_words(in_blocks)}. Twice the width is four times the parameters; twice the "
            f"layers only twice."
        )
    with right:
        others = [(title, shape.n_parameters()) for title, shape in known.values()]
        rows = [("This shape", config.n_parameters()), *others]
        names, counts = zip(*rows, strict=True)
        st.plotly_chart(
            size_bars(names, counts, [in_words(count) for count in counts]),
            key="model_sizes", config=QUIET, alt="Parameters of known models",
        )  # fmt: skip
        vocabulary = budget.SHAPES["tiny"].config.vocab_size
        st.caption(
            f"Tiny and Small are counted with the tokenizer that Pretrain takes by default, of "
            f"{vocabulary:,} tokens. Each further token adds a row as wide as the model."
        )


def _memory(config: "ModelConfig") -> None:
    from llmcore.plots.budget import context_lines, memory_bars

    st.header("Memory: using it, and training it", anchor=False)
    first, second, third = st.columns(3, gap="medium")
    precision = first.segmented_control(
        "Numbers to use it with", list(BYTES), default="bf16", key="model_use_precision",
        required=True, persist_state="session",
        help="bytes a parameter: fp32 4, bf16 2, int8 1, int4 ½",
    )  # fmt: skip
    n_texts = second.slider(
        "Texts at once", 1, 256, 1, key="model_texts", persist_state="session",
        help="of full context each: conversations that one server writes, or rows of a training "
        "step that are in memory at once",
    )  # fmt: skip
    trained = third.segmented_control(
        "Numbers to train it with", ["fp32", "bf16"], default="bf16", key="model_train_precision",
        required=True, persist_state="session",
        help="bf16 here means products at 16 bits with weights kept at 32 (Micikevicius et al. "
        "2018), as this lab trains",
    )  # fmt: skip
    using = budget.inference_bytes(config, config.context_length, n_texts, precision)
    training = budget.training_bytes(config, n_texts, trained)
    st.plotly_chart(
        memory_bars({"Use": using, "Training": training}, LIMITS), key="model_memory",
        config=QUIET, alt="Memory for use and for training, by what it holds",
    )  # fmt: skip
    gpu = HARDWARE["NVIDIA A100"]
    use, train = sum(using.values()), sum(training.values())
    st.caption(
        f"Use: {bytes_in_words(use)}, at least {_gpus(budget.n_devices_to_hold(use, gpu))} of "
        f"80 GB. Training: {bytes_in_words(train)}, at least "
        f"{_gpus(budget.n_devices_to_hold(train, gpu))}: besides the weights, a gradient and "
        f"AdamW's two moments for each parameter (Kingma & Ba 2015; counted as in Rajbhandari et "
        f"al. 2020), and the activations that the backward pass needs, by this lab's estimate for "
        f"its fused attention. GPUs that share a model need more than this least number."
    )
    narrow = precision if BYTES[precision] >= 2 else "bf16"
    cache = [budget.cache_bytes(config, T, n_texts, narrow) / 1e9 for T in CURVE]
    weights = using["weights"] / 1e9
    st.plotly_chart(
        context_lines(
            CURVE, {"KV cache": cache, "weights": [weights] * len(CURVE)}, "GB",
            {"this shape's context": config.context_length}, shares=False,
        ),
        key="model_cache", config=QUIET, alt="KV cache against the length of the context",
    )  # fmt: skip
    per_token = budget.cache_bytes(config, 1, 1, narrow)
    st.caption(
        f"KV cache: 2 (key and value) × {config.n_layers} layers × {config.kv_heads} heads × "
        f"{config.d_head} numbers × {BYTES[narrow]:.0f} bytes = {bytes_in_words(per_token)} a "
        f"token and text (Pope et al. 2022). Twice the context or twice the texts, twice "
        f"the cache (a curve here, since each step of the axis doubles); the weights stay. Grouped "
        f"queries (Ainslie et al. 2023) make it narrower."
    )


def _gpus(count: int) -> Markdown:
    return "1 GPU" if count == 1 else f"{count:,} GPUs"


def _context(config: "ModelConfig") -> None:
    from llmcore.plots.budget import context_lines, part_bars

    st.header("Work for one text: the T² term", anchor=False)
    T = config.context_length
    parts = budget.text_flops(config, T)
    left, right = st.columns([5, 5], gap="medium")
    with left:
        st.plotly_chart(
            part_bars(parts, [in_words(count) for count in parts.values()]), key="model_flops",
            config=QUIET, alt="FLOPs of one text by part",
        )  # fmt: skip
        st.caption(
            f"FLOPs to read {T:,} tokens: {in_words(sum(parts.values()))}. Matrices cost 2 for "
            f"each weight and token, 2 · M · T; scores and mixing 2 · L · C · T · (T + 1), since "
            f"each token looks at all before it (Kaplan et al. 2020, section 2.1; here without the "
            f"masked half). One more token with a full KV cache costs "
            f"{in_words(budget.next_token_flops(config, T - 1))}, not the whole text again."
        )
    with right:
        half = budget.crossing(config)
        lines = {
            "this shape": [budget.squared_share(config, length) for length in CURVE],
            "GPT-2 small": [
                budget.squared_share(budget.SHAPES["gpt2"].config, length) for length in CURVE
            ],
            "GPT-3 175B": [
                budget.squared_share(budget.SHAPES["gpt3"].config, length) for length in CURVE
            ],
        }
        marks = {f"half at {half:,.0f}": half} if half > 1 else {}
        st.plotly_chart(
            context_lines(CURVE, lines, "share of the T² term", marks, shares=True),
            key="model_squared", config=QUIET, alt="Share of the T² term by context",
        )  # fmt: skip
        st.caption(
            f"At {half:,.0f} tokens (M / (L · C) − 1) the T² term is half of all work; at this "
            f"shape's {T:,} it is {budget.squared_share(config, T):.1%}. The wider the model, the "
            f"later: at short context the matrices are all that counts."
        )


def _training(config: "ModelConfig") -> None:
    st.header("Training it", anchor=False)
    N = config.n_parameters()
    first, second, third, fourth = st.columns(4, gap="medium")
    ratio = first.select_slider(
        "Training tokens a parameter", [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000], 20,
        key="model_ratio", persist_state="session",
        help="about 20 use a budget best (Hoffmann et al. 2022); GPT-3 had 1.7, recent models "
        "have 1,000 and more, since a small model that is trained long is cheap to use",
    )  # fmt: skip
    name = second.selectbox(
        "Hardware", list(HARDWARE), index=2, key="model_hardware", persist_state="session"
    )
    count = third.select_slider(
        "How many", [1, 8, 64, 256, 1024, 4096, 16_384], 8, key="model_devices",
        persist_state="session",
    )  # fmt: skip
    used = fourth.slider(
        "Share of the peak", 5, 100, 40, 5, format="%d%%", key="model_utilisation",
        persist_state="session", help="what a training really reaches: 30 to 50% on many GPUs",
    )  # fmt: skip
    tokens, one = ratio * N, HARDWARE[name]
    flops = budget.training_flops(config, tokens)
    days = budget.days(flops, one, count, used / 100)
    cells = (
        ("Tokens to read", in_words(tokens)),
        ("Books", in_words(tokens / TOKENS_PER_BOOK)),
        ("FLOPs, 6 · N · D", in_words(flops)),
        ("Time", time_in_words(days)),
    )
    for column, (label, value) in zip(st.columns(len(cells)), cells, strict=True):
        column.metric(label, value)
    exact = config.flops_per_token() * tokens
    bound = budget.tokens_per_s_bound(config, config.context_length, "bf16", one)
    st.caption(
        f"6 · N · D (Kaplan et al. 2020): 2 FLOPs a parameter and token forward, 4 backward. "
        f"With attention's share at full context and without the embeddings it is "
        f"{in_words(exact)}. {plain(one.name)}: {one.flops / 1e12:,.1f} TFLOP/s at the peak, "
        f"{one.bandwidth / 1e9:,.0f} GB/s of memory ({one.source}). A book is taken as "
        f"{TOKENS_PER_BOOK:,} tokens. In use, one such device writes at most {_speed(bound)} of "
        f"one text at 16 bits, since each token reads all weights and the cache once"
        f"{_fits(config, one)}."
    )


def _speed(bound: float) -> Markdown:
    return f"{bound:,.0f} tokens/s" if bound >= 10 else f"{bound:.2g} tokens/s"


def _fits(config: "ModelConfig", one: budget.Hardware) -> Markdown:
    needed = sum(budget.inference_bytes(config, config.context_length).values())
    if needed <= one.memory:
        return ""
    return f"; but {bytes_in_words(needed)} do not fit into its {bytes_in_words(one.memory)}"


def _side_by_side(config: "ModelConfig", known: Known) -> None:
    st.header("Side by side", anchor=False)
    rows = [("This shape", config, "")]
    for name, (title, shape) in known.items():
        source = "your model" if name == OWN else budget.SHAPES[name].source or "preset of this lab"
        rows.append((title, shape, source))
    shapes = [shape for _, shape, _ in rows]
    st.dataframe(
        {
            "Model": [title for title, _, _ in rows],
            "Parameters": [shape.n_parameters() for shape in shapes],
            "Layers": [shape.n_layers for shape in shapes],
            "Heads": [shape.n_heads for shape in shapes],
            "Width": [shape.d_model for shape in shapes],
            "Context": [shape.context_length for shape in shapes],
            "Vocabulary": [shape.vocab_size for shape in shapes],
            "Weights, bf16": [bytes_in_words(2 * shape.n_parameters()) for shape in shapes],
            "KV cache a text, bf16": [
                bytes_in_words(budget.cache_bytes(shape, shape.context_length)) for shape in shapes
            ],
            "Training FLOPs at 20 tokens a parameter": [
                in_words(budget.training_flops(shape, budget.compute_optimal_tokens(shape)))
                for shape in shapes
            ],
            "Shape from": [source for _, _, source in rows],
        },
        hide_index=True, key="model_side_by_side",
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in ("Parameters", "Width", "Context", "Vocabulary")
        },
    )  # fmt: skip
