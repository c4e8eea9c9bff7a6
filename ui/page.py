"""What every page begins and ends with, and the one way in which errors are shown."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from llmcore.errors import LabError
from ui.marked import Markdown, plain
from ui.navigation import ensure_routed

logger = logging.getLogger(__name__)

UNEXPECTED = (
    "Something went wrong inside the lab; the details are in the terminal that runs it. "
    "Nothing that you made is lost: change the input or reload the page."
)


def header(title: Markdown, intro: Markdown, example: bool = False) -> None:
    """The page's title, one short paragraph that says what to look at, and the example badge."""
    ensure_routed()
    st.title(title, anchor=False)
    st.markdown(intro)
    if example:
        example_badge()


def example_badge(text: Markdown = "Example run that comes with the lab") -> None:
    st.badge(text, icon=":material/science:", color="orange")


def code_behind(python: str, cli: str) -> None:
    """The llmcore call and the command line that do the same as this page."""
    st.space("small")
    with st.expander("The code behind this", icon=":material/code:"):
        st.caption("In Python")
        st.code(python.strip(), language="python")
        st.caption("On the command line")
        st.code(cli.strip(), language="bash")


def show_error(error: Exception) -> None:
    """A LabError as its own sentence; anything else is our defect: logged, and said so."""
    if isinstance(error, LabError):
        st.error(plain(str(error)), icon=":material/error:")
    else:
        logger.error("a page failed", exc_info=error)
        st.error(UNEXPECTED, icon=":material/error:")


@contextmanager
def steady(name: str) -> Iterator[None]:
    """`with steady("run"): st.fragment(draw, run_every=1)()`: what refreshes itself stays unchanged
    until its next picture is there. Streamlit fades what takes longer than half a second, as it
    may beside a training. name: once on a page."""
    with st.container(key=f"steady_{name}"):
        yield


@contextmanager
def guarded() -> Iterator[None]:
    """`with guarded(): ...` shows errors as a sentence, never as a traceback.

    Streamlit's own control flow (stop, rerun, switch_page) derives from BaseException and passes.
    """
    try:
        yield
    except Exception as error:
        show_error(error)
