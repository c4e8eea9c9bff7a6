"""LLM Lab's entry: page configuration, navigation and the sidebar; the pages do the rest."""

import streamlit as st

from llmcore.device import share_cores
from llmcore.execution.queue import keep_queue
from llmcore.paths import ASSETS
from ui.navigation import grouped_pages
from ui.sidebar import sidebar_strip
from ui.tours import tour_strip


def main() -> None:
    share_cores()
    # A local file: Streamlit fetches a Material icon for the tab from the internet.
    icon = str(ASSETS / "icon.svg")
    st.set_page_config(page_title="LLM Lab", page_icon=icon, layout="wide")
    page = st.navigation(grouped_pages(), position="sidebar", expanded=True)
    sidebar_strip()
    keep_queue()
    tour_strip(page.url_path or "overview")
    page.run()


main()
