"""A table that is measured: its cells change in place, and nothing of it fades meanwhile."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from written_tables import MODELS, cell_event, comparison, write_status

from llmcore.experiments.earlier_nlp.cells import work_of
from llmcore.files import json_line
from llmcore.runs import RunStore

pytestmark = pytest.mark.browser

# The lowest opacity of anything in the panel, and how long parts of it waited to be redrawn.
WATCH = """() => {
  window.seen = { lowest: 1, waited: 0 };
  let since = 0;
  const look = (now) => {
    const panel = document.querySelector("[class*='st-key-steady_table']");
    const parts = panel ? [panel, ...panel.querySelectorAll("[data-stale]")] : [];
    for (const one of parts) {
      window.seen.lowest = Math.min(window.seen.lowest, Number(getComputedStyle(one).opacity));
    }
    const stale = parts.some((one) => one.dataset.stale === "true");
    if (stale && !since) since = now;
    if (!stale) since = 0;
    if (since) window.seen.waited = Math.max(window.seen.waited, now - since);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


WAITS = """() => document.querySelector(
    "[class*='st-key-steady_table'] [data-stale='true']") !== null"""


class SlowLine:
    """The server's messages to a page; those of a refresh can be held back behind its first."""

    def __init__(self, page) -> None:
        self.asked, self.holding, self.held = False, False, []
        page.route_web_socket(lambda url: "_stcore/stream" in url, self._through)

    def _through(self, socket) -> None:
        def from_server(message: bytes) -> None:
            if self.holding:
                self.held.append(message)
                return
            socket.send(message)
            # Sent last of what says that a refresh begins; false where the message is another.
            begun = ForwardMsg.FromString(message).session_status_changed.script_is_running
            self.holding = self.asked and begun

        self._socket = socket
        socket.connect_to_server().on_message(from_server)

    def hold(self, page, milliseconds: int) -> None:
        """The table's next refresh begins, and what it draws comes so much later."""
        for _ in range(100):
            self.asked = True
            page.wait_for_timeout(150)
            if self.holding and page.evaluate(WAITS):
                page.wait_for_timeout(milliseconds)
                self._go_on()
                return
            if self.holding:  # another part of the page
                self._go_on()
        pytest.fail("no refresh of the table within 15 seconds")

    def _go_on(self) -> None:
        self.asked = self.holding = False
        for message in self.held:
            self._socket.send(message)
        self.held.clear()


def test_cells_change_in_place_and_nothing_fades(app, new_page, monkeypatch, shot) -> None:
    monkeypatch.setenv("LLMLAB_HOME", str(app.home))
    run_id, n_cells = comparison("running", 3), 3
    page = new_page()
    line = SlowLine(page)
    page.goto(f"{app.url}/earlier-nlp?run={run_id}")
    cells = page.locator("table button")
    cells.first.wait_for(timeout=90_000)
    assert page.locator("table button.open").count() == 19 - n_cells
    cells.nth(1).focus()
    page.evaluate("""() => { const root = [...document.querySelectorAll("*")]
        .map((one) => one.shadowRoot).find((one) => one?.querySelector("table button"));
        window.cells = [...root.querySelectorAll("button")]; window.root = root; }""")
    page.evaluate(WATCH)
    for task, model in work_of(MODELS)[n_cells : n_cells + 2]:
        line.hold(page, 2000)  # Streamlit fades after half a second, within one second
        n_cells += 1
        with (RunStore().directory(run_id) / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json_line(cell_event(task, model)))
        write_status(run_id, n_cells, "running")
        page.wait_for_function(
            f"window.root.querySelectorAll('button.open').length === {19 - n_cells}"
        )
    seen = page.evaluate("window.seen")
    assert seen["waited"] > 1500 and seen["lowest"] == 1, seen
    assert page.evaluate("""() => window.cells.every((one) => one.isConnected)
        && window.root.activeElement === window.cells[1]""")
    shot(page, "comparison-while-it-runs")
    write_status(run_id, n_cells, "stopped")
