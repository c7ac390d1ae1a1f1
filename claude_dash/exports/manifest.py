"""What goes with the weekly set: the manifest for scripts and the text for people."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from claude_dash import clock
from claude_dash.metrics.release import Release, Status

RETENTION = (
    "Our copy of this set is deleted on the day named delete_by; "
    "whoever received it deletes theirs by then."
)
README = """\
claude-dash, weekly set {label} (Monday {monday} to Sunday {sunday}, UTC days)

summary.csv   one row per group: All, each team, then Unassigned, Automation, Other small teams
models.csv    the same groups by model
features.csv  the same groups by feature; only the header where no source reports features
manifest.json made at, role, policy, definitions, newest complete day, delete by, SHA-256 of files

An empty cell is never zero. The column `hidden` says why a value is not shown:
  small group   too few people, or too few of them with a value
  dominance     one contributor would stand out
  secondary     it protects another figure
A cell is empty without a reason when the period was not read (status `missing`), when a quotient
has no denominator, or when no connected source feeds the column (see manifest.json).

status: {status}. `final` does not change, `provisional` may still change, `missing` was not read.
Rates are percentages, money is US dollars; `cost_estimated_usd` is an estimate, not an invoice.
Nothing in this set is about a single person. Usage is not a measure of anybody's work.
"""


def readme(week: date, status: Status) -> str:
    """Return the text that explains the set, with CRLF line ends."""
    label = clock.label("week", week)
    sunday = clock.after("week", week) - clock.ONE_DAY
    text = README.format(label=label, monday=week, sunday=sunday, status=status)
    return text.replace("\n", "\r\n")


def render(
    week: date,
    *,
    role: str,
    status: Status,
    answered: Mapping[str, Release],
    without_source: tuple[str, ...],
    files: Mapping[str, bytes],
    delete_by: date,
) -> bytes:
    """Return the manifest; `files` are those it lists with their hashes."""
    as_of = {name: day for release in answered.values() for name, day in release.as_of.items()}
    document = {
        "week": clock.label("week", week),
        "week_start": week.isoformat(),
        "status": status,
        "made_at": clock.now().isoformat(timespec="seconds"),
        "made_by_role": role,
        "policy": max((release.policy for release in answered.values()), default=None),
        "min_group_size": max((release.k for release in answered.values()), default=None),
        "as_of": {name: day and day.isoformat() for name, day in sorted(as_of.items())},
        "columns_without_source": sorted(set(without_source)),
        "definitions": {
            name: {
                "label": release.label,
                "unit": release.unit,
                "definition": release.definition,
                "reliability": release.reliability,
            }
            for name, release in sorted(answered.items())
        },
        "delete_by": delete_by.isoformat(),
        "retention": RETENTION,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
