"""Errors as sentences, and text of users as itself."""

import pytest
from streamlit.testing.v1 import AppTest

from ui.marked import plain
from ui.page import UNEXPECTED
from ui.state import well_formed

SCRIPT = """
import streamlit as st
from llmcore.errors import LabError
from ui.page import guarded
with guarded():
    {statement}
st.write("after")
"""


def run(statement: str) -> AppTest:
    return AppTest.from_string(SCRIPT.format(statement=statement)).run()


def test_user_errors_show_their_sentence() -> None:
    app = run("raise LabError('No *text*: type some.')")
    assert app.error[0].value == plain("No *text*: type some.")
    assert app.markdown[-1].value == "after"


def test_defects_show_no_traceback() -> None:
    app = run("raise RuntimeError('secret path')")
    assert app.error[0].value == UNEXPECTED and not app.exception


def test_control_flow_of_streamlit_passes() -> None:
    app = run("st.stop()")
    assert not app.error and not app.markdown


@pytest.mark.parametrize(
    ("text", "expected"),
    [("plain", "plain"), ("a\ud800b", "a�b"), ("\ud83c\udf89", "🎉"), ("", "")],
)
def test_well_formed(text: str, expected: str) -> None:
    assert well_formed(text) == expected
