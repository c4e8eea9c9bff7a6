"""A Plotly chart that stays mounted while its data changes."""

import logging
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

logger = logging.getLogger(__name__)
CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}


def live_chart(figure: "Figure", key: str) -> None:
    """Like `st.plotly_chart(figure, key=key)`, but new data updates the chart in place.

    Streamlit 1.67 hashes the figure into the element's id even where a key is given, so every
    refresh would throw the chart away and lose zoom and hover (seen in Chromium). Here the id
    comes from the key alone, which is what the key is for; where Streamlit's insides moved, its
    own command is used.
    """
    try:
        from streamlit.elements.lib.layout_utils import LayoutConfig
        from streamlit.elements.lib.utils import compute_and_register_element_id
        from streamlit.proto.PlotlyChart_pb2 import PlotlyChart

        proto = PlotlyChart(theme="streamlit", spec=figure.to_json(), config=_config_json())
        layout = LayoutConfig(width="stretch", height=int(figure.layout.height or 320))
        enqueue = st._main._enqueue
    except (ImportError, AttributeError, TypeError, ValueError):
        logger.warning("a live chart falls back to st.plotly_chart", exc_info=True)
        st.plotly_chart(figure, key=key, config=CONFIG)
        return
    proto.id = compute_and_register_element_id(
        "plotly_chart", user_key=key, key_as_main_identity=True, dg=None
    )
    enqueue("plotly_chart", proto, layout_config=layout)


def _config_json() -> str:
    import json

    return json.dumps(CONFIG)
