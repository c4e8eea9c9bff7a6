"""What Write and Compare share: the text of a bench, its branches, and how a token was chosen."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.errors import LabError, NotFoundError
from ui.components import payload, registered
from ui.page import plain, show_error
from ui.playground import sampling
from ui.playground.bench import Bench
from ui.playground.outline import outline, segments
from ui.playground.tokens import cards, classes, coloured_tokens, legend, share, told
from ui.token_text import parts_of

if TYPE_CHECKING:
    from llmcore.generation import Node, SamplingConfig
    from llmcore.generation.rereading import Reading

TICK_SECONDS = 0.1
BRANCH_SECONDS = 0.1  # a click waits so long for the first token behind it
PROMPT_SHOWN = 1500  # characters of a long prompt, its end
COLOUR_BY = {"probability": "Probability", "rank": "Rank", "entropy": "Entropy"}
END_OF_TEXT = "An empty prompt starts behind an end-of-text token, as every training text did."


def colour_by() -> str:
    """What the colours mean; kept while one is on another page."""
    key = "playground_colour"
    st.session_state.setdefault(key, "probability")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Colour by", width="content")
        chosen = st.segmented_control(
            "Colour by",
            list(COLOUR_BY),
            format_func=COLOUR_BY.get,
            required=True,
            key=key,
            persist_state="session",
            label_visibility="collapsed",
        )
    return chosen if chosen in COLOUR_BY else "probability"


def text_of(slot: str, bench: Bench | None, prompt: str, scale: str) -> "Reading | None":
    """Draws the text where one stands; returns how its tokens read under the sliders."""
    key = f"playground_tokens_{slot}"
    data: dict[str, Any] = {
        "prompt": _prompt_parts(prompt), "tokens": [], "cards": [], "names": [],
        "legend": legend(scale), "selected": None, "live": False, "branch": True,
        "empty": END_OF_TEXT, "hint": "Click a token to branch there with it.",
    }  # fmt: skip
    reading = None
    if bench is not None:
        bench.follow()
        path = bench.path()
        settings = sampling.reading_config()
        reading, known = bench.read(path, settings)
        data |= _tokens(bench, path, reading, known, scale)
        data["names"] = ["", "logit", f"÷ {settings.temperature:.2f}", "probability"]
        data |= {"selected": bench.selected, "live": bench.live and bench.here == bench.job.node_id}
    coloured_tokens(
        key,
        data,
        on_select_change=_selected(key, bench),
        on_branch_change=_branched(key, bench),
    )
    return reading


def _prompt_parts(prompt: str) -> list[list[str]]:
    cut = len(prompt) > PROMPT_SHOWN
    parts = parts_of(prompt[-PROMPT_SHOWN:].encode("utf-8", "replace"))
    return [["m", "… "], *parts] if cut else parts


def _tokens(
    bench: Bench, path: "list[Node]", reading: "Reading | None", known: list[int], scale: str
) -> dict[str, Any]:
    plain_values = {"probability": 0.0, "rank": 1, "entropy": 0.0}
    values = [getattr(node, scale) or plain_values[scale] for node in path]
    struck = [False] * len(path)
    shown: list[Any] = [None] * len(path)
    if reading is not None:
        chosen = [path[at].token for at in known]
        made = cards(reading, chosen, bench.labels, bench.tree.tokenizer.vocab_size)
        read = getattr(reading, scale).tolist()
        for place, at in enumerate(known):
            values[at], shown[at] = read[place], made[place]
            struck[at] = bool(reading.probability[place] == 0.0)
    colours = classes(scale, values)
    tokens = [
        [
            node.id,
            bench.labels.parts(node.token),
            colours[at],
            struck[at],
            len(bench.tree.children(node.parent or 0)) > 1,
        ]
        for at, node in enumerate(path)
    ]
    return {"tokens": tokens, "cards": shown}


def _has(bench: Bench | None, node: object) -> bool:
    """Whether the tree has this node (still): another tab or the browser may say anything."""
    if bench is None or type(node) is not int:
        return False
    try:
        bench.tree.node(node)
    except NotFoundError:
        return False
    return True


def _selected(key: str, bench: Bench | None) -> Callable[[], None]:
    def take() -> None:
        wish = told(key, "select")
        if bench is not None and hasattr(wish, "get"):
            node = wish.get("key")
            bench.selected = node if _has(bench, node) else None

    return take


def _branched(key: str, bench: Bench | None) -> Callable[[], None]:
    """The token of a node is replaced: what follows is written anew, the old branch stays."""

    def take() -> None:
        wish = told(key, "branch")
        if not hasattr(wish, "get") or not _has(bench, wish.get("node")):
            return
        parent, token = bench.tree.node(wish["node"]).parent, wish.get("token")
        if parent is None or type(token) is not int:
            return
        try:
            bench.write(sampling.config(), parent, first_token=token)
            bench.await_token(BRANCH_SECONDS)
        except LabError as error:
            bench.trouble = error

    return take


def facts_of(bench: Bench | None) -> None:
    """How fast it went and why it ended, in one line; errors as a sentence."""
    if bench is None:
        return
    job = bench.job
    if bench.trouble is not None:
        show_error(bench.trouble)
    if job is None:
        return
    if job.state == "failed":
        st.error(plain(job.error or "Writing failed."), icon=":material/error:")
        return
    facts = ["1 token" if job.n_tokens == 1 else f"{job.n_tokens} tokens"]
    if job.first_token_s:
        facts.append(f"the first after {1000 * job.first_token_s:,.0f} ms")
    if job.tokens_per_s:
        facts.append(f"{job.tokens_per_s:,.0f} tokens/s")
    ends = {
        "length": "ended at the length that was asked for", "end of text": "the model ended it",
        "stop string": "ended at a stop string", "stopped": "stopped",
    }  # fmt: skip
    if job.reason:
        facts.append(ends.get(job.reason, job.reason))
    st.caption(" · ".join(facts))


def branches_of(slot: str, bench: Bench | None) -> None:
    """The tree of all that was written, to walk, name and prune."""
    if bench is None or len(bench.tree.nodes) < 2:
        return
    key = f"playground_tree_{slot}"
    rows = outline(bench.tree, bench.labels, bench.here)
    registered("branch_tree")(
        key=key,
        data=payload({"rows": rows}),
        on_walk_change=lambda: _on_branch(bench, told(key, "walk"), bench.walk),
        on_remove_change=lambda: _on_branch(bench, told(key, "remove"), _remover(bench)),
        on_name_change=lambda: _name(bench, told(key, "name")),
    )


def _on_branch(bench: Bench, node: object, action: Callable[[int], None]) -> None:
    if _has(bench, node):
        action(node)


def _remover(bench: Bench) -> Callable[[int], None]:
    """Takes away the whole row that ends with a node."""

    def remove(end: int) -> None:
        for segment in segments(bench.tree):
            if segment.nodes[-1] == end:
                bench.remove(segment.nodes[0])
                return

    return remove


def _name(bench: Bench, wish: object) -> None:
    if not hasattr(wish, "get") or not _has(bench, wish.get("node")):
        return
    try:
        bench.tree.rename(wish["node"], str(wish.get("name") or ""))
    except LabError as error:
        bench.trouble = error


def choice_of(slot: str, bench: Bench | None, reading: "Reading | None") -> None:
    """How the selected token, else the last one, went from logits to a probability."""
    if bench is None or reading is None:
        return
    path, settings = bench.path(), sampling.reading_config()
    at = next((i for i, node in enumerate(path) if node.id == bench.selected), len(path) - 1)
    place = at - (len(path) - len(reading.rank))  # scores that are gone are the oldest ones
    if place < 0:
        st.caption("The scores of this token are not kept any more.")
        return
    token, which = path[at].token, "selected" if path[at].id == bench.selected else "newest"
    facts = (
        f", the {which} token, was number {reading.rank[place]:,} of "
        f"{bench.tree.tokenizer.vocab_size:,} for the model, which gave it "
        f"{share(reading.natural[place])}; under these settings it has "
        f"{share(reading.probability[place])}. The choice held "
        f"{reading.entropy[place]:.1f} bits."
    )
    key = f"playground_choice_{slot}"
    data = {
        "node": path[at].id,
        "told": ["", bench.labels.label(token), facts],
        "names": ["", "logit", _scaled_name(settings), "filters", "probability"],
        "rows": _stages(bench, reading, place, token, settings),
        "rest": _rest(reading, place),
    }
    registered("token_choice")(key=key, data=payload(data), on_branch_change=_branched(key, bench))


def _scaled_name(settings: "SamplingConfig") -> str:
    if settings.temperature == 0:
        return "temperature 0"
    penalty = "penalty, " if settings.repetition_penalty != 1.0 else ""
    return f"{penalty}÷ {settings.temperature:.2f}"


def _stages(
    bench: Bench, reading: "Reading", place: int, token: int, settings: "SamplingConfig"
) -> list[list[Any]]:
    """The rows of token_choice.js: the likeliest tokens by the model, and the chosen one."""
    k = reading.ids.shape[1] - 1
    ids = reading.ids[place].tolist()
    columns = range(k if token in ids[:k] else k + 1)
    after = reading.n_kept[place].tolist()
    rows = []
    for i in columns:
        stands = int(reading.places[place, i])
        names = (
            ("temperature", "", "") if settings.temperature == 0 else ("top-k", "top-p", "min-p")
        )
        cut = next((name for name, n in zip(names, after, strict=True) if stands >= n), None)
        rows.append(
            [
                ids[i],
                bench.labels.label(ids[i]),
                round(float(reading.logits[place, i]), 2),
                round(float(reading.scaled[place, i]), 2),
                f"✕ {cut}" if cut is not None else "kept",
                cut is None,
                round(float(reading.probabilities[place, i]), 5),
                ids[i] == token,
            ]
        )
    return rows


def _rest(reading: "Reading", place: int) -> str:
    k = reading.ids.shape[1] - 1
    kept = int(reading.n_kept[place, 2])
    others = 1.0 - float(reading.probabilities[place, :k].sum())
    if kept == 1:
        return "One token is left: there is nothing to draw."
    if kept <= k:
        return f"{kept} tokens are left to draw from."
    return (
        f"{kept:,} tokens are left to draw from; those not shown share {share(max(0.0, others))}."
    )


def live_stage(benches: Sequence[Bench | None], draw: Callable[[], None], was_live: bool) -> None:
    """The fragment that follows the jobs; reruns the page once when they begin or end."""

    def stage() -> None:
        if any(one is not None and one.live for one in benches) != was_live:
            st.rerun()
        draw()

    st.fragment(stage, run_every=TICK_SECONDS if was_live else None)()
