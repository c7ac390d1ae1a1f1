"""Arrays about people that stand beside a week's releases: packed, and blind to who was erased."""

import json
import zlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select, update

from claude_dash.facts import tables as t
from claude_dash.store.seals import sealed_weeks

PERSON, AMOUNTS = "person", "amounts"  # how the names of arrays end that hold ids, and figures
_TOLD = t.TOLD_WEEK

Arrays = Mapping[str, NDArray[Any]]


def pack(about: object, arrays: Arrays) -> bytes:
    """Return a description that JSON can hold, and arrays by name, as bytes."""
    names = [(name, one.dtype.str, one.shape) for name, one in arrays.items()]
    head = json.dumps([about, names]).encode()
    body = b"".join(np.ascontiguousarray(one).tobytes() for one in arrays.values())
    return head + b"\n" + zlib.compress(body, level=1)


def unpack(packed: bytes) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Return what was packed."""
    head, _, body = packed.partition(b"\n")
    about, names = json.loads(head)
    data, at, arrays = zlib.decompress(body), 0, {}
    for name, kind, shape in names:
        size = int(np.prod(shape))
        found = np.frombuffer(data, np.dtype(kind), size, at)
        arrays[name], at = found.reshape(shape), at + found.nbytes
    return about, arrays


def forget(connection: Connection, persons: Collection[int]) -> None:
    """Let nobody be told from what is kept of weeks: ids and figures of some people go.

    That somebody stood there stays, so that the weeks' figures, which were released with them, do
    not change by what was theirs.
    """
    if not persons:
        return
    c = _TOLD.c
    for row in connection.execute(select(_TOLD)).all():
        before = [unpack(row.crowd), unpack(row.blocks)]
        ids = np.concatenate([
            one for _, arrays in before for name, one in arrays.items() if name.endswith(PERSON)
        ])  # fmt: skip
        gone = np.intersect1d(ids, list(persons))
        if len(gone):
            strangers = min(int(ids.min()), 0) - 1 - np.arange(len(gone))
            crowd, blocks = (
                pack(about, _without(arrays, gone, strangers)) for about, arrays in before
            )
            changed = update(_TOLD).where(c.week == row.week)
            connection.execute(changed.values(crowd=crowd, blocks=blocks))


def _without(arrays: Arrays, gone: NDArray[Any], strangers: NDArray[Any]) -> Arrays:
    made = {}
    for name, one in arrays.items():
        made[name] = one
        if name.endswith(PERSON):
            is_gone = np.isin(one, gone)
            made[name] = np.where(is_gone, strangers[np.searchsorted(gone, one) % len(gone)], one)
            figures = name.removesuffix(PERSON) + AMOUNTS
            if figures in arrays:
                made[figures] = np.where(is_gone[:, None], 1, arrays[figures])
    return made


def forget_sealed(connection: Connection) -> None:
    """Delete what is kept of sealed weeks, whose releases never change."""
    connection.execute(delete(_TOLD).where(_TOLD.c.week.in_(sealed_weeks(connection))))
