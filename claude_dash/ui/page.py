"""The door of every page: who may see it, its title and question, and what it asks with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import streamlit as st
from sqlalchemy import Engine

from claude_dash import connections
from claude_dash.access.local import COOKIE, reader_of
from claude_dash.access.readers import Capability, Reader, Role, may
from claude_dash.answers import ask
from claude_dash.config import Settings
from claude_dash.errors import ClaudeDashError, RefusedError
from claude_dash.metrics.define import Metric
from claude_dash.metrics.release import Query, Release
from claude_dash.privacy.policy import Policy, current
from claude_dash.store.engine import revision
from claude_dash.ui import filters
from claude_dash.ui.filters import Filters
from claude_dash.ui.server import Opened, opened

CACHE_TTL_S = 600
CACHE_ENTRIES = 2_000
DEMO_ROLE = "demo_role"
HEAD = "claude_dash.head"  # where the page's title goes, above the filters
CORNER = "claude_dash.corner"  # at the right of the title


def current_reader() -> Reader | None:
    """Return who is signed in on this browser, with the role of this moment."""
    if opened().is_demo:
        return Reader("demo", Role(st.session_state.get(DEMO_ROLE, Role.ADMIN)))
    return reader_of(opened().engine, st.context.cookies.get(COOKIE))


def current_policy() -> Policy:
    """Return the policy that holds."""
    with opened().engine.connect() as connection:
        return current(connection, opened().settings.min_group_size)


def store_revision() -> int:
    """Return the revision of the store, which makes older answers stale."""
    with opened().engine.connect() as connection:
        return revision(connection)


@st.cache_data(ttl=CACHE_TTL_S, max_entries=CACHE_ENTRIES, show_spinner=False)
def _cached(
    key: tuple[object, ...], _query: Query, _reader: Reader, version: int, stored: int, day: date
) -> Release:
    """Return an answer; everything that decides about it is in the arguments that are hashed."""
    del key, version, stored, day
    return ask(opened().engine, _query, _reader)


@dataclass(frozen=True, slots=True)
class View:
    """An opened page: the reader, the filters, and the way to ask."""

    reader: Reader
    filters: Filters
    policy: Policy
    revision: int
    has_connection: bool

    @property
    def role(self) -> Role:
        """Return the reader's role."""
        return self.reader.role

    @property
    def store(self) -> Engine:
        """Return the store, for the admin pages' own functions."""
        return opened().engine

    @property
    def opened(self) -> Opened:
        """Return what the server opened."""
        return opened()

    @property
    def settings(self) -> Settings:
        """Return the settings."""
        return opened().settings

    def may(self, capability: Capability) -> bool:
        """Say whether the reader may do something."""
        return may(self.reader.role, capability)

    def ask(
        self,
        metric: Metric | str,
        *,
        by: tuple[str, ...] = (),
        where: Mapping[str, tuple[str, ...]] | None = None,
        grain: str | None = None,
        since: date | None = None,
        until: date | None = None,
        of_all: bool = False,
    ) -> Release:
        """Return the answer to a question within the page's filters.

        Args:
            metric: What is asked for.
            by: Breakdowns.
            where: Restrictions beside the chosen team.
            grain: In the place of what the filters say.
            since: The same.
            until: The same.
            of_all: Of the whole organisation, whatever team is chosen.
        """
        name = metric if isinstance(metric, str) else metric.name
        query = self.filters.query(name, by=by, where=dict(where or {}), of_all=of_all)
        query = replace(
            query,
            grain=grain or query.grain,  # type: ignore[arg-type]
            since=since or query.since,
            until=until or query.until,
        )
        return self.release(query)

    def release(self, query: Query) -> Release:
        """Return the answer to a question of the page's own."""
        key = (
            query.metric,
            query.grain,
            query.by,
            tuple(sorted(query.where.items())),
            query.since,
            query.until,
        )
        day = filters.today()
        return _cached(
            (*key, str(self.role)),
            query,
            self.reader,
            self.policy.version * 100 + self.policy.k,
            self.revision,
            day,
        )

    def teams(self, metric: Metric) -> Release:
        """Return a metric by team of the last closed week; of the chosen teams, if any."""
        where = {"team": self.filters.teams} if self.filters.teams else {}
        week = self.last_week()
        until = week + timedelta(days=7)
        return self.ask(metric, by=("team",), where=where, grain="week", since=week, until=until)

    def last_week(self) -> date:
        """Return the Monday of the last closed week."""
        return filters.last_closed_week()

    def week_before(self) -> date:
        """Return the Monday of the week before the last closed one."""
        return filters.last_closed_week() - timedelta(days=7)


def has_connection() -> bool:
    """Say whether any source is connected."""
    return connections.exist(opened().engine)


def open_page(title: str, question: str, *, needs: Capability = "figures") -> View:
    """Check the reader, draw title and question, and return the way to ask.

    Every page calls this first, and works when it is the only file that ran: signed out or in the
    wrong role it ends here, before anything of its content.
    """
    reader = current_reader()
    if reader is None:
        st.title("Sign in", anchor=False)
        st.write("Claude Code usage, by team, never by person.")
        st.stop()
    with st.session_state.get(HEAD) or st.container():
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        with left:
            st.title(title, anchor=False)
        st.session_state[CORNER] = right.container(horizontal_alignment="right")
        st.caption(question)
    if not may(reader.role, needs):
        st.info("Your role does not open this page. Ask an administrator.", icon=":material/lock:")
        st.stop()
    shown = st.session_state.get(filters.CURRENT) or filters.Filters()
    return View(reader, shown, current_policy(), store_revision(), has_connection())


def in_words(error: ClaudeDashError) -> None:
    """Show an error of ours as one sentence and the next step."""
    icon = ":material/lock:" if isinstance(error, RefusedError) else ":material/error:"
    st.error(str(error), icon=icon)
