"""A folder of session files, or a mirror of many: every file that may be one, wherever it lies."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".jsonl"
CONTENT = frozenset({"tool-results", "memory"})  # beside a session; nothing in them is counted
AGAIN = "a folder that was met before, through a link"
UNREADABLE = "a file or folder that cannot be read"


class Entry(NamedTuple):
    """A file: its path, and the parts of it below the folder."""

    path: Path
    parts: tuple[str, ...]


def walk(root: Path, aside: Counter[str]) -> Iterator[Entry]:
    """Yield the session files of a folder, by name; what cannot be read is counted by reason.

    Links are followed, but no folder is entered twice.
    """
    yield from _walk(root, (), set(), aside)


def _walk(
    folder: Path, parts: tuple[str, ...], met: set[tuple[int, int]], aside: Counter[str]
) -> Iterator[Entry]:
    try:
        here = folder.stat()
        if (here.st_dev, here.st_ino) in met:
            aside[AGAIN] += 1
            return
        met.add((here.st_dev, here.st_ino))
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda one: one.name)
    except OSError:
        aside[UNREADABLE] += 1
        return
    for one in entries:
        below = (*parts, one.name)
        try:
            is_folder, is_file = one.is_dir(), one.is_file()
        except OSError:  # a link that leads to itself
            is_folder = is_file = False
        if is_folder:
            if one.name not in CONTENT:
                yield from _walk(folder / one.name, below, met, aside)
        elif one.name.endswith(SUFFIX):
            if is_file:
                yield Entry(folder / one.name, below)
            else:  # a link that leads nowhere, or no file of bytes
                aside[UNREADABLE] += 1
