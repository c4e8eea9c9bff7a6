"""How every page starts a run: a box with the choices and the button, and what a click does."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import streamlit as st

from ui.marked import Markdown
from ui.page import show_error
from ui.run_panel.choice import choose_run
from ui.state import store

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from llmcore.config import RunConfig
    from llmcore.runs import RunInfo

_NEXT = "lab_next_run_id"
_TROUBLE = "lab_start_trouble"
_REQUESTS = "lab_start_requests"


class Begin(Protocol):
    """Starts the run, or queues it if that was asked for. own_process: not in a thread of the
    app."""

    def __call__(
        self, config: "RunConfig", data: bytes | None = None, own_process: bool = False
    ) -> None: ...


@dataclass(slots=True)
class StartBox:
    """One box of a page. run_id: of the run that the next click starts."""

    kind: str
    run_id: str
    begins: Callable[[Begin], None] | None = None

    def button(
        self, label: Markdown, place: "DeltaGenerator", begins: Callable[[Begin], None] | None
    ) -> None:
        """The big button. begins: plans the run and hands it to the `Begin` that it is given; None
        while the choices cannot work."""
        self.begins = begins
        _start_button(label, self.run_id, self.kind, place, begins is not None)


@contextmanager
def start_box(kind: str, name: str, frame: "DeltaGenerator | None" = None) -> Iterator[StartBox]:
    """`with start_box("pretrain", "my run") as box: ...` draws the choices, and `box.button(...)`
    in it. The run starts once all fields are read, and the page is drawn again; what goes wrong is
    shown below the button then.

    kind: of the runs that the page shows. name: of the folder. frame: a border by default.
    """
    with st.container(border=True) if frame is None else frame:
        box = StartBox(kind, next_run_id(kind, name))
        yield box
    request = start_wanted(kind)
    if request is None or box.begins is None:
        return

    def begin(config: "RunConfig", data: bytes | None = None, own_process: bool = False) -> None:
        start_or_queue(request, box.run_id, kind, config, data, own_process)

    with noting(kind):
        box.begins(begin)
    st.rerun()


def start_card(infos: Iterable["RunInfo"]) -> "DeltaGenerator":
    """The frame around the choices and the Start button. While a run of `infos` trains it is one
    line that opens, so that the run is on the first screen."""
    live = next((info for info in infos if info.trains), None)
    if live is None:
        return st.container(border=True)
    return st.expander("Start another run", icon=":material/add:", key=f"start_card_{live.id}")


def _start_button(
    label: Markdown, run_id: str, kind: str, place: "DeltaGenerator", ready: bool
) -> None:
    """The big button in `place`, and below it what went wrong at the last try.

    A click may come with a change of a field that one has just left; a callback would still have
    the settings from before it. So the click is only noted, and the page starts the run once it
    has read all fields (`start_wanted`). While another run trains, a second button queues it.
    """
    place.button(
        label,
        icon=":material/play_arrow:",
        type="primary",
        width="stretch",
        key=f"start_{run_id}",
        on_click=request_start,
        args=(kind,),
        disabled=not ready,
    )
    if store().anything_live():
        place.button(
            "Add to queue",
            icon=":material/playlist_add:",
            width="stretch",
            key=f"queue_{run_id}",
            on_click=request_start,
            args=(kind, "queue"),
            disabled=not ready,
            help="It starts by itself when what trains now has ended. See Runs for the order.",
        )
    trouble = take_trouble(kind)
    if trouble is not None:
        show_error(trouble)


def request_start(kind: str, request: str = "start") -> None:
    """A callback: notes that a start, or a place in the queue, was asked for."""
    st.session_state.setdefault(_REQUESTS, {})[kind] = request


def start_wanted(kind: str) -> str | None:
    """`start` or `queue` if that button was pressed since this was last asked."""
    requests: dict[str, str] = st.session_state.get(_REQUESTS, {})
    return requests.pop(kind, None)


def start_or_queue(
    request: str,
    run_id: str,
    kind: str,
    config: "RunConfig",
    data: bytes | None,
    own_process: bool = False,
) -> None:
    """Starts the run, or lets it wait for its turn; once for an id, however often it is called.

    own_process: not in a thread of the app. What waits trains in the app."""
    from llmcore.execution import launch, process
    from llmcore.execution.queue import RunQueue

    if request == "queue":
        RunQueue(store()).add(run_id, config, data)
    elif own_process:
        process.start_process(run_id, config, store(), data)
    else:
        launch.start(run_id, config, store(), data)
    run_id_used(kind)
    choose_run(run_id, kind)


def next_run_id(kind: str, name: str) -> str:
    """The id that the next Start will use: minted before the click, kept until it is used.

    The button's key carries it too, so a late second click belongs to a button that is gone.
    """
    minted: dict[str, str] = st.session_state.setdefault(_NEXT, {})
    if kind not in minted:
        minted[kind] = store().mint_id(name)
    return minted[kind]


def run_id_used(kind: str) -> None:
    st.session_state.get(_NEXT, {}).pop(kind, None)


@contextmanager
def noting(kind: str) -> Iterator[None]:
    """A callback must not raise: what goes wrong is kept for `take_trouble`, which the page asks
    when it is drawn next."""
    try:
        yield
    except Exception as error:
        st.session_state.setdefault(_TROUBLE, {})[kind] = error


def take_trouble(kind: str) -> Exception | None:
    return st.session_state.get(_TROUBLE, {}).pop(kind, None)
