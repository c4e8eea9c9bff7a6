"""The line that offers the pretrained model where it would be used and is not here."""

from collections.abc import Iterator

import pytest
from page_driver import button, open_page, shown

from llmcore.convert.packaged_model import SMOLLM2
from llmcore.errors import OfflineError
from ui import real_model

PAGES = ("attention", "playground", "applications")


@pytest.fixture(autouse=True)
def no_earlier_job(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LLMLAB_REAL_MODEL", "no")  # not even where the package is installed
    real_model._jobs.stop_all()
    yield
    real_model._jobs.stop_all()


@pytest.mark.parametrize("name", PAGES)
def test_size_and_licence_stand_beside_the_button(name: str) -> None:
    page = open_page(name)
    assert not page.exception
    assert button(page, "Fetch it").key == f"offer_{name}"
    assert "Apache\\-2\\.0, 93 MB to download, 269 MB on disk" in shown(page)


def test_a_click_fetches_and_a_failure_is_one_sentence(monkeypatch, wait_until) -> None:
    def without_network(model, stopping):
        raise OfflineError("There is no network.")

    monkeypatch.setattr(real_model, "prepare", without_network)
    page = open_page("playground")
    button(page, "Fetch it").click().run()
    wait_until(lambda: not real_model._jobs.get(SMOLLM2.name).is_live)
    page.run()
    assert [error.value for error in page.error] == ["There is no network\\."]
    assert button(page, "Fetch it")


def test_while_it_is_made_ready_the_page_says_so(monkeypatch, wait_until) -> None:
    monkeypatch.setattr(real_model, "prepare", lambda model, stopping: wait_until(stopping))
    real_model.begin()
    page = open_page("playground")
    assert not page.exception
    assert any("made ready in the background" in info.value for info in page.info)
    assert "Fetch it" not in [button.label for button in page.button]


@pytest.mark.parametrize("name", PAGES)
def test_where_it_is_nothing_is_offered(name: str, monkeypatch) -> None:
    monkeypatch.setattr(type(SMOLLM2), "is_here", property(lambda _: True))
    page = open_page(name)
    assert not page.exception
    assert "Fetch it" not in [button.label for button in page.button]
