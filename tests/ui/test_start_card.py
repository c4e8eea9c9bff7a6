"""The card with the Start button: one closed line while a run of its page trains."""

import pytest
from page_driver import open_page
from written_runs import write_run


@pytest.mark.parametrize(
    ("page", "kind"),
    [("pretrain", "pretrain"), ("classifier", "classify"), ("instructions", "instruct")],
)
def test_the_card_is_a_line_while_a_run_of_its_page_trains(page: str, kind: str) -> None:
    write_run(
        "another kind", state="running", kind="pretrain" if kind != "pretrain" else "classify"
    )
    shown = open_page(page)
    assert not shown.exception
    assert "Start another run" not in [expander.label for expander in shown.expander]
    write_run("live", state="running", step=3, kind=kind)
    shown = open_page(page)
    assert not shown.exception
    (card,) = [expander for expander in shown.expander if expander.label == "Start another run"]
    assert not card.proto.expanded
    assert any(button.label == "Add to queue" for button in card.button)
