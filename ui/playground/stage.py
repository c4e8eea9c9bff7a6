"""What Write and Compare share: the text of a bench and its branches, while it is written."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.errors import LabError, NotFoundError
from ui.components import message, payload, registered
from ui.page import plain, show_error
from ui.playground import sampling
from ui.playground.bench import Bench
from ui.playground.outline import outline, segments
from ui.playground.tokens import classes, coloured_tokens, legend
from ui.token_text import parts_of

if TYPE_CHECKING:
    from llmcore.generation import SamplingConfig

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
            format_func=COLOUR_BY.__getitem__,
            required=True,
            key=key,
            persist_state="session",
            label_visibility="collapsed",
        )
    return chosen if chosen in COLOUR_BY else "probability"


def text_of(slot: str, bench: Bench | None, prompt: str, scale: str) -> None:
    """Draws the text at the current place, as its tokens read under the sliders."""
    key = f"playground_tokens_{slot}"
    data: dict[str, Any] = {
        "prompt": _prompt_parts(prompt), "tokens": [], "cards": [], "names": [],
        "legend": legend(scale), "selected": None, "live": False, "branch": True,
        "empty": END_OF_TEXT, "hint": "Click a token to branch there with it.",
    }  # fmt: skip
    if bench is not None:
        bench.follow()
        settings = sampling.reading_config()
        data |= _tokens(bench, scale, settings)
        scaled = f"÷ {settings.temperature:.2f}" if settings.temperature else "greedy"
        data["names"] = ["", "logit", scaled, "probability"]
        if any(token[3] for token in data["tokens"]):
            data["legend"]["struck"] = "cut by the filters"
        data |= {"selected": bench.selected, "live": bench.grows_here}
    coloured_tokens(
        key,
        data,
        on_select_change=_selected(key, bench),
        on_branch_change=branched(key, bench),
    )


def _prompt_parts(prompt: str) -> list[list[str]]:
    cut = len(prompt) > PROMPT_SHOWN
    parts = parts_of(prompt[-PROMPT_SHOWN:].encode("utf-8", "replace"))
    return [["m", "… "], *parts] if cut else parts


def _tokens(bench: Bench, scale: str, settings: "SamplingConfig") -> dict[str, Any]:
    """If scores are gone, the model's own probability, known from the start, gives colour."""
    path = bench.path()
    known = bench.tell(path, settings)
    values = [getattr(known.get(node.id, node), scale) or 0.0 for node in path]
    tokens = []
    for node, colour in zip(path, classes(scale, values), strict=True):
        one = known.get(node.id)
        struck = one is not None and one.probability == 0.0
        forks = len(bench.tree.children(node.parent or 0)) > 1
        tokens.append([node.id, bench.labels.parts(node.written), colour, struck, forks])
    cards = [known[node.id].card if node.id in known else None for node in path]
    return {"tokens": tokens, "cards": cards}


def _known(bench: Bench, node: object) -> int | None:
    """A node that the tree has (still): another tab or the browser may say anything."""
    if not isinstance(node, int) or isinstance(node, bool):
        return None
    try:
        bench.tree.node(node)
    except NotFoundError:
        return None
    return node


def _selected(key: str, bench: Bench | None) -> Callable[[], None]:
    def take() -> None:
        request = message(key, "select")
        if bench is not None and hasattr(request, "get"):
            bench.selected = _known(bench, request.get("key"))

    return take


def branched(key: str, bench: Bench | None) -> Callable[[], None]:
    """The token of a node is replaced: what follows is written again, the old branch stays."""

    def take() -> None:
        request = message(key, "branch")
        if bench is None or not hasattr(request, "get"):
            return
        node, token = _known(bench, request.get("node")), request.get("token")
        if node is None or type(token) is not int:
            return
        parent = bench.tree.node(node).parent
        if parent is None:
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
        facts.append(ends.get(job.reason) or plain(job.reason))
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
        on_walk_change=lambda: _on_branch(bench, message(key, "walk"), bench.walk),
        on_remove_change=lambda: _on_branch(bench, message(key, "remove"), _remover(bench)),
        on_name_change=lambda: _name(bench, message(key, "name")),
    )


def _on_branch(bench: Bench, node: object, action: Callable[[int], None]) -> None:
    if (known := _known(bench, node)) is not None:
        action(known)


def _remover(bench: Bench) -> Callable[[int], None]:
    """Takes away the whole row that ends with a node."""

    def remove(end: int) -> None:
        for segment in segments(bench.tree):
            if segment.nodes[-1] == end:
                bench.remove(segment.nodes[0])
                return

    return remove


def _name(bench: Bench, request: object) -> None:
    if not hasattr(request, "get") or (node := _known(bench, request.get("node"))) is None:
        return
    try:
        bench.tree.rename(node, str(request.get("name") or ""))
    except LabError as error:
        bench.trouble = error


def live_stage(benches: Sequence[Bench | None], draw: Callable[[], None], was_live: bool) -> None:
    """The fragment that follows the jobs; reruns the page once when they begin or end."""

    def stage() -> None:
        if any(bench is not None and bench.live for bench in benches) != was_live:
            st.rerun()
        draw()

    st.fragment(stage, run_every=TICK_SECONDS if was_live else None)()
