"""The model picker: shared choice, URL, references that do not exist."""

from streamlit.testing.v1 import AppTest
from written_runs import write_run

from llmcore.models import default_model

SCRIPT = """
import streamlit as st
from ui.page import guarded
from ui.picker import model_picker
with guarded():
    st.write("ref=" + model_picker(kind={kind!r}, key={key!r}))
"""


def app_with(kind: str | None = None, key: str = "one") -> AppTest:
    return AppTest.from_string(SCRIPT.format(kind=kind, key=key), default_timeout=20)


def chosen(app: AppTest) -> str:
    return app.markdown[0].value.removeprefix("ref=")


def test_choice_goes_into_the_url_and_comes_back() -> None:
    first, second = write_run("first"), write_run("second")
    app = app_with().run()
    app.selectbox[0].set_value(first).run()
    assert chosen(app) == first and app.query_params["model"] == first
    other = app_with()
    other.query_params["model"] = second
    assert chosen(other.run()) == second


def test_unknown_reference_is_said_in_one_sentence() -> None:
    write_run("only")
    app = app_with()
    app.query_params["model"] = "no-such<b>run"
    app.run()
    assert len(app.warning) == 1 and "There is no model" in app.warning[0].value
    assert chosen(app) == default_model()
    assert not app.run().warning


def test_a_path_in_the_url_is_not_followed(home) -> None:
    write_run("only")
    app = app_with()
    app.query_params["model"] = str(home)
    assert len(app.run().warning) == 1


def test_a_step_of_a_run_can_be_named_in_the_url() -> None:
    run_id = write_run("only")
    app = app_with()
    app.query_params["model"] = f"{run_id}@40"
    assert chosen(app.run()) == f"{run_id}@40"
    assert not app.warning
    wrong = app_with()
    wrong.query_params["model"] = f"{run_id}@41"
    assert len(wrong.run().warning) == 1


def test_what_a_link_names_goes_before_what_was_chosen() -> None:
    first, second = write_run("first"), write_run("second")
    app = app_with().run()
    app.selectbox[0].set_value(first).run()
    app.query_params["model"] = second
    assert chosen(app.run()) == second
    assert chosen(app.run()) == second and app.session_state["lab_model"] == second


def test_what_nobody_chose_is_not_kept_for_other_pages() -> None:
    app = app_with().run()
    assert chosen(app.run()) == default_model() == app.query_params["model"]
    assert "lab_model" not in app.session_state
    app.selectbox[0].set_value("starter").run()
    assert app.session_state["lab_model"] == "starter"


def test_a_model_to_start_from_comes_with_a_link_once() -> None:
    wanted = write_run("wanted")
    app = AppTest.from_string(
        "import streamlit as st\nfrom ui.picker import start_picker\n"
        "st.write('ref=' + start_picker('one'))"
    )
    app.query_params["start"] = f"{wanted}@40"
    assert chosen(app.run()) == wanted and "start" not in app.query_params
    app.selectbox[0].set_value("starter").run()
    assert chosen(app) == "starter" and not app.warning
    app.query_params["start"] = "no-such"
    assert chosen(app.run()) == "starter" and len(app.warning) == 1


def test_kind_narrows_the_list() -> None:
    write_run("language")
    classifier = write_run("sorter", kind="classify")
    app = app_with(kind="classifier").run()
    assert chosen(app) == classifier and "language" not in " ".join(app.selectbox[0].options)


def test_deleted_model_falls_back() -> None:
    from llmcore.runs import RunStore

    gone = write_run("gone")
    app = app_with().run()
    app.selectbox[0].set_value(gone).run()
    RunStore().delete(gone)
    assert chosen(app.run()) == default_model() and not app.exception


def test_the_label_of_a_live_run_stands_still() -> None:
    """The browser sends labels: one that moved with the training would lose the choice."""
    live = write_run("live", state="running", step=3)
    app = app_with().run()
    app.selectbox[0].set_value(live).run()
    assert chosen(app) == live
    (label,) = [option for option in app.selectbox[0].options if option.startswith("live")]
    assert label == "live · training now"
