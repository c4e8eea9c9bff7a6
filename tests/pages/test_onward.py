"""From a run to the pages that use it: each link opens its page with that very run."""

import shutil
from typing import Any
from urllib.parse import parse_qs

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from written_runs import write_run

from llmcore.models import default_assistant
from llmcore.paths import PROJECT_ROOT
from llmcore.runs import RunStore
from ui.run_panel.onward import LINKS


def opened(page: str, **query: str) -> AppTest:
    """A page within the app, where links are links."""
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=90)
    app.run()
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception and not app.error
    return app


def links(app: AppTest) -> list[tuple[str, str, dict[str, list[str]]]]:
    protos = [page_link.proto for page_link in app.get("page_link")]
    return [(proto.page, proto.label, parse_qs(proto.query_string)) for proto in protos]


@pytest.mark.parametrize(
    ("page", "kind"),
    [("pretrain", "pretrain"), ("classifier", "classify"), ("runs", "pretrain"),
     ("runs", "classify")],
)  # fmt: skip
def test_a_finished_run_leads_on_with_its_own_model(page: str, kind: str) -> None:
    newer, run_id = write_run("one", kind=kind), write_run("two", kind=kind)
    found = links(opened(page, run=run_id))
    for name, label in LINKS[kind]:
        (query,) = [query for to, said, query in found if to == name and said == label]
        assert list(query.values()) == [[run_id]] and newer not in str(query)


def test_a_run_without_weights_leads_nowhere() -> None:
    run_id = write_run("none")
    shutil.rmtree(RunStore().directory(run_id) / "checkpoints")
    assert not [label for _, label, _ in links(opened("runs", run=run_id)) if "Look" in label]


@pytest.mark.parametrize(("page", "key"), [("classifier", "classify_model"),
                                           ("instructions", "instruct_model")])  # fmt: skip
def test_finetuning_begins_with_the_run_of_the_link(page: str, key: str) -> None:
    run_id = write_run("mine")
    assert opened(page, start=run_id).selectbox(key=key).value == run_id


def test_chat_opens_with_an_assistant_and_the_base_model_is_a_click_away() -> None:
    app = opened("attention")  # shows a model that nobody chose
    app.switch_page("pages/chat.py").run()
    assert app.selectbox(key="chat_model").value == default_assistant() != "base"
    app.button(key="chat_other_kind").click().run()
    assert app.selectbox(key="chat_model").value == "base"
    app.button(key="chat_other_kind").click().run()
    assert app.selectbox(key="chat_model").value == default_assistant()


def test_the_default_assistant_is_one_s_own_newest() -> None:
    assert default_assistant() == "general"
    own = write_run("mine", kind="instruct")
    newer = write_run("no weights", kind="instruct")
    shutil.rmtree(RunStore().directory(newer) / "checkpoints")
    write_run("language")
    assert default_assistant() == own


def test_the_name_of_the_first_page_is_an_address_that_leads_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Opened in a new tab, `/overview` said that there is no such page."""
    given: list[tuple[str, str]] = []

    def seen(groups: dict[str, list[Any]], **more: Any) -> Any:
        given[:] = [(page.url_path, page.visibility) for group in groups.values() for page in group]
        return navigation(groups, **more)

    navigation = st.navigation
    monkeypatch.setattr(st, "navigation", seen)
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=90).run()
    first = app.title[0].value
    assert ("overview", "hidden") in given and given[0] == ("", "visible")
    app._page_hash = calc_hash("overview")
    app.run()
    assert not app.exception and app.title[0].value == first
