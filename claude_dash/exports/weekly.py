"""The weekly set: what a champion hands on for one ISO week, as files that explain themselves."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from claude_dash import answers, clock
from claude_dash.access.readers import Reader
from claude_dash.errors import QueryError, RefusedError
from claude_dash.exports import csv, log, manifest
from claude_dash.exports.columns import FEATURES, MODELS, SUMMARY, Column, Table
from claude_dash.metrics.lookup import metrics
from claude_dash.metrics.release import Query, Release, Row, Status

ROLES = frozenset({"champion", "finance", "admin"})  # A4
ALL = "All"
LAST_GROUPS = ("Unassigned", "Automation", "Other small teams")
_WORST: tuple[Status, ...] = ("missing", "provisional", "final")
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same set gives the same bytes


@dataclass(frozen=True, slots=True)
class Weekly:
    """The set of one week.

    label: `2026-W46`. files: name -> content, in the order of the manifest. status: the worst
    of all rows. without_source: columns that no connected source feeds. hidden: reasons met.
    tables: name -> rows of cells, header first, for a preview.
    """

    label: str
    files: Mapping[str, bytes]
    status: Status
    without_source: tuple[str, ...]
    hidden: tuple[str, ...]
    tables: Mapping[str, list[tuple[str, ...]]]


def last_complete_week() -> date:
    """Return the Monday of the newest ISO week that is over."""
    return clock.week_of(clock.today()) - timedelta(days=7)


def build(engine: Engine, reader: Reader, week: date) -> Weekly:
    """Return the weekly set of the week that begins on `week`, out of releases alone.

    Raises:
        RefusedError: The reader's role may not export.
        QueryError: The week has not begun.
    """
    if str(reader.role) not in ROLES:
        message = "The weekly set is for champions, finance and administrators."
        raise RefusedError(message, "Ask an administrator for the role champion.")
    week = clock.week_of(week)
    label = clock.label("week", week)
    if week > clock.today():
        message = f"Week {label} has not begun."
        raise QueryError(message, "Choose a week that is over.")
    ask = partial(_ask, engine, reader, week)
    answered: dict[str, Release] = {}
    tables, files, statuses = {}, {}, []
    for table in (SUMMARY, MODELS, FEATURES):
        rows, found = _rows(table, ask, week)
        answered |= found
        statuses += [row[-2] for row in rows]
        tables[table.file] = [table.header, *rows]
        files[table.file] = csv.write(table.header, rows)
    without = tuple(
        column.name
        for table in (SUMMARY, MODELS, FEATURES)
        for column in table.columns
        if column.metric not in answered
    )
    status: Status = next((one for one in _WORST if one in statuses), "missing")
    reasons = {row.hidden for release in answered.values() for row in release.rows if row.hidden}
    files["README.txt"] = manifest.readme(week, status).encode()
    files["manifest.json"] = manifest.render(
        week,
        role=str(reader.role),
        status=status,
        answered=answered,
        without_source=without,
        files=files,
        delete_by=log.delete_by(),
    )
    return Weekly(label, files, status, without, tuple(sorted(reasons)), tables)


def zip_bytes(weekly: Weekly) -> bytes:
    """Return the set as one archive with the folder `2026-W46/` in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in weekly.files.items():
            entry = zipfile.ZipInfo(f"{weekly.label}/{name}", _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def record(engine: Engine, reader: Reader, weekly: Weekly, data_dir: Path) -> bytes:
    """Write the set into the export log, keep our copy until its day, and return the archive."""
    content = zip_bytes(weekly)
    log.record(engine, reader, f"weekly-{weekly.label}.zip", content, data_dir)
    return content


def _ask(
    engine: Engine, reader: Reader, week: date, metric: str, by: tuple[str, ...]
) -> Release | None:
    """Return the answer for the week; None where the metric or its source does not exist."""
    if metric not in metrics():
        return None
    until = week + timedelta(days=7)
    release = answers.ask(engine, Query(metric, "week", by, {}, week, until), reader)
    return release if release.as_of else None


def _rows(
    table: Table, ask: "partial[Release | None]", week: date
) -> tuple[list[tuple[str, ...]], dict[str, Release]]:
    """Return the cells of every row of a table, and the answers for its metrics."""
    answered: dict[str, Release] = {}
    cells: dict[tuple[str, ...], dict[str, Row]] = {}
    for column in table.columns:
        for people in ((), ("team",)):
            release = ask(column.metric, (*people, *table.by))
            if release is None:
                continue
            answered[column.metric] = release
            for row in release.rows:
                group = row.groups["team"] if people else ALL
                items = tuple(row.groups[name] for name in table.by)
                cells.setdefault((group, *items), {})[column.name] = row
    fed = [column for column in table.columns if column.metric in answered]
    label = clock.label("week", week)
    rows = []
    for key in sorted(cells, key=_order):
        lead = [label, week.isoformat()] if table.has_week_start else [label]
        lead += [csv.escape(name) for name in key]
        spelled = [_spell(column, cells[key].get(column.name)) for column in table.columns]
        rows.append((*lead, *spelled, *_judge(fed, cells[key])))
    return rows, answered


def _order(key: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """Sort `All` first, the groups that are no team last, names without case."""
    group, *items = key
    place = 0 if group == ALL else 2 + LAST_GROUPS.index(group) if group in LAST_GROUPS else 1
    return place, (group.casefold(), group, *(item.casefold() for item in items))


def _spell(column: Column, row: Row | None) -> str:
    """Spell a cell; empty for what is hidden, missing, without denominator or without source."""
    return "" if row is None or row.value is None else column.spell(row.value)


def _judge(fed: list[Column], found: Mapping[str, Row]) -> tuple[str, str]:
    """Return the worst status of the fed columns, and `column: reason` for each hidden one."""
    present = [(column.name, found[column.name]) for column in fed if column.name in found]
    statuses = {row.status for _, row in present}
    status: Status = next((one for one in _WORST if one in statuses), "missing")
    hidden = "; ".join(f"{name}: {row.hidden}" for name, row in present if row.hidden)
    return status, hidden
