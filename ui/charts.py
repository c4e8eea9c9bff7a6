"""A Plotly chart that stays mounted while its data changes."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ui.components import bundle

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from streamlit.components.v2.types import ComponentRenderer

logger = logging.getLogger(__name__)

CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"],
}
_LIBRARY = "llm_lab_plotly"
_renderer: "ComponentRenderer | None" = None


def live_chart(figure: "Figure", key: str) -> None:
    """Like `st.plotly_chart(figure, key=key)`, but new data updates the chart in place.

    Streamlit 1.67 hashes the figure into the element's id even if a key is given, so each
    refresh throws the chart away and with it zoom and hover (seen in Chromium). This one hands the
    new figure to `Plotly.react`; its layout.uirevision says how long zoom survives.
    """
    try:
        library = _library_url()
    except Exception:
        # Streamlit's insides moved: a chart that forgets its zoom is better than none.
        logger.warning("live charts fall back to st.plotly_chart", exc_info=True)
        st.plotly_chart(figure, key=key, config=CONFIG)
        return
    if figure.layout.template.to_plotly_json():
        figure.update_layout(template="none")
    payload = f'{{"figure":{figure.to_json()},"config":{json.dumps(CONFIG)},"library":"{library}"}}'
    _component()(key=key, data=payload.encode("utf-8"))


def _component() -> "ComponentRenderer":
    """Registered once in a process; Streamlit hands it on to each server. Styles are not
    isolated: Plotly puts its own into the document's head."""
    global _renderer
    if _renderer is None:
        _renderer = st.components.v2.component(
            "llm_lab_live_chart", isolate_styles=False, **bundle("live_chart")
        )
    return _renderer


def _library_url() -> str:
    """Address of the plotly.min.js that the plotly package carries, served by this very server."""
    import plotly
    from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
    from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

    manager = get_bidi_component_manager()
    name = f"{_LIBRARY}.js"
    if manager.get(name) is None:
        root = Path(plotly.__file__).resolve().parent
        config = ComponentConfig(name="js", asset_dir="package_data")
        manager.register_from_manifest(ComponentManifest(_LIBRARY, "1", [config]), root)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/_stcore/bidi-components/{name}/plotly.min.js"
