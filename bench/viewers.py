"""Viewers of the dashboard: sessions of Streamlit over real websockets, without a browser.

    uv run python bench/viewers.py PORT VIEWERS SECONDS

Each opens a session, then asks for another page or another filter every few seconds and takes in
all that the page sends, as a browser does. Prints how many pages there were and how long they took.
"""

import asyncio
import sys
import time
from itertools import count
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

PAUSE_S = 15
PAGES = ("overview", "active_users", "sessions", "code", "tokens", "cost", "features", "trust")
PERIODS = ("last 4 weeks", "last 12 weeks", "last 26 weeks")


async def view(port: int, viewer: int, viewers: int, until: float) -> list[float]:
    """Browse until a time; return the seconds that each page took."""
    took = []
    await asyncio.sleep(PAUSE_S * viewer / viewers)  # they do not click together
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    origin = f"http://127.0.0.1:{port}"
    async with connect(
        address, origin=origin, subprotocols=["streamlit"], max_size=None
    ) as session:
        for step in count(viewer):
            if time.perf_counter() > until:
                return took
            began = time.perf_counter()
            asked = BackMsg()
            asked.rerun_script.page_name = PAGES[step % len(PAGES)]
            period = PERIODS[step // 2 % len(PERIODS)]
            asked.rerun_script.query_string = urlencode({"period": period})
            await session.send(asked.SerializeToString())
            elements = 0
            while True:
                said = ForwardMsg.FromString(await session.recv())
                elements += said.HasField("delta") or said.HasField("ref_hash")
                if said.HasField("script_finished"):
                    break
            assert elements, "a page that shows nothing"
            took.append(time.perf_counter() - began)
            await asyncio.sleep(PAUSE_S)
    return took


async def browse(port: int, viewers: int, seconds: float) -> None:
    """Let all of them browse, and print what they saw."""
    until = time.perf_counter() + seconds
    found = await asyncio.gather(*(view(port, one, viewers, until) for one in range(viewers)))
    took = sorted(one for of in found for one in of)
    print(f"{viewers} viewers: {len(took)} pages, p50 {took[len(took) // 2] * 1e3:.0f} ms,"
          f" p99 {took[int(len(took) * 0.99)] * 1e3:.0f} ms")  # fmt: skip


if __name__ == "__main__":
    asyncio.run(browse(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
