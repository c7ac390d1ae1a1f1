"""Lets `python -m claude_dash.rollup` rebuild what is touched, in a process beside the pages."""

import gc
import os

from claude_dash import log
from claude_dash.config import settings
from claude_dash.rollup import roll_up
from claude_dash.rollup.beside import FROM_WEEKS, accompanied, marks_of
from claude_dash.store.engine import open_store

NICENESS = 5  # pages come first


def main() -> None:
    """Rebuild what is touched; where it is much, with a second process."""
    log.configure()
    os.nice(NICENESS)
    gc.disable()  # a tenth of the time goes into looking for cycles among rows, which have none
    engine = open_store(settings().url)
    with engine.connect() as connection:
        is_much = len(marks_of(connection)) >= FROM_WEEKS
    if not is_much:
        roll_up(engine, settings())
        return
    with accompanied(engine) as companion:
        roll_up(engine, settings(), companion)


if __name__ == "__main__":
    main()
