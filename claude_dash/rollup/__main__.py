"""Lets `python -m claude_dash.rollup` rebuild what is touched, in a process beside the pages."""

import gc

from claude_dash import log
from claude_dash.config import settings
from claude_dash.rollup import roll_up
from claude_dash.store.engine import open_store

if __name__ == "__main__":
    log.configure()
    gc.disable()  # a tenth of the time goes into looking for cycles among rows, which have none
    roll_up(open_store(settings().url), settings())
