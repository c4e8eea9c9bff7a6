"""Six people open a server that has just started, all at once and without a browser."""

import asyncio

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ui.page import UNEXPECTED

PAGES = ("pretrain", "runs", "earlier-nlp", "pretrain", "runs", "tokenizer")


@pytest.mark.slow
def test_six_sessions_at_once_meet_no_half_imported_library(app) -> None:
    """Plotly asks pandas what a column is, and found it half imported by another session."""
    url = f"ws://localhost:{app.port}/_stcore/stream"

    async def all_at_once() -> list[list[str]]:
        return await asyncio.gather(*(problems(url, page) for page in PAGES))

    assert asyncio.run(all_at_once()) == [[]] * len(PAGES)


async def problems(url: str, page: str) -> list[str]:
    """Opens one page as a browser does, until its script has run; what went wrong in it."""
    found = []
    async with websockets.connect(url, max_size=None, subprotocols=["streamlit"]) as socket:
        ask = BackMsg()
        ask.rerun_script.page_name = page
        await socket.send(ask.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(await asyncio.wait_for(socket.recv(), 120))
            element = message.delta.new_element
            if element.HasField("exception"):
                found.append(element.exception.message)
            elif element.alert.body == UNEXPECTED:
                found.append(UNEXPECTED)
            # The first run of a new server may end early, to be routed by app.py.
            done = message.WhichOneof("type") == "script_finished"
            if done and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return found
