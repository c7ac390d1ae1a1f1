"""The names that the team filter offers: published groups, alphabetically."""

from datetime import timedelta

from sqlalchemy import Engine

from claude_dash.clock import today, week_of
from claude_dash.metrics import groups

RECENT = timedelta(weeks=12)


def published_teams(engine: Engine) -> list[str]:
    """Return the labels of the groups published of the last weeks, collective rows last."""
    with engine.connect() as connection:
        names = groups.Names(connection)
        since, until = week_of(today()) - RECENT, today() + timedelta(days=1)
        rows = groups.load(connection, names, "week", "team", since=since, until=until)
    return sorted({one.label for shown in rows.values() for one in shown}, key=groups.order)
