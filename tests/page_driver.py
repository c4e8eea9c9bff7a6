"""Opening one page with AppTest, and finding what it shows."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from llmcore.paths import PROJECT_ROOT


def open_page(name: str, run_id: str | None = None) -> AppTest:
    """`pages/<name>.py`, run once; `run_id` stands in the URL as `?run=`."""
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / f"{name}.py"), default_timeout=90)
    if run_id:
        page.query_params["run"] = run_id
    return page.run()


def page_at(name: str, **chosen: str) -> AppTest:
    """`pages/<name>.py`, run once with these values of widgets, by key, already chosen."""
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / f"{name}.py"), default_timeout=90)
    for key, value in chosen.items():
        page.session_state[key] = value
    return page.run()


def button(page: AppTest, label: str) -> Any:
    found = [button for button in page.button if button.label == label]
    assert found, f"no button {label!r} among {[button.label for button in page.button]}"
    return found[0]


def only_error(page: AppTest) -> str:
    assert not page.exception
    assert len(page.error) == 1, [error.value for error in page.error]
    return page.error[0].value


def shown(page: AppTest) -> str:
    """All that the page says in words, a line each."""
    kinds = ("markdown", "caption", "info", "warning", "success", "header", "subheader", "text")
    return "\n".join(element.value for kind in kinds for element in getattr(page, kind))


def component(page: AppTest, name: str) -> bytes | None:
    """What the component of `ui/components/<name>` was given; None if it is not drawn."""
    found = [bidi_component.proto for bidi_component in page.get("bidi_component")]
    return next((item.bytes for item in found if item.component_name == f"llm_lab_{name}"), None)


def unpacked(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Header and buffers of what `ui.components.packed` made, read as dom.js reads it."""
    at = 4 + int.from_bytes(data[:4], "little")
    header = json.loads(data[4:at])
    buffers = []
    for size in header["sizes"]:
        at += -at % 4
        buffers.append(data[at : at + size])
        at += size
    return header, buffers
