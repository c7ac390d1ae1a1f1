"""What pages are made of: the door, filters, cards and empty states."""

from claude_dash.ui.administration import administration
from claude_dash.ui.blocks import (
    by_value,
    flows,
    lines_of_code,
    pair,
    parts,
    retention,
    segments,
    stages,
    stop_without_enterprise,
    stuck,
    surfaces,
    team_bars,
    trend,
)
from claude_dash.ui.cards import fed, headlines
from claude_dash.ui.connecting import connecting
from claude_dash.ui.export import exports
from claude_dash.ui.features import edit_tools, features
from claude_dash.ui.glossary import glossary
from claude_dash.ui.money import (
    cost_notices,
    cost_table,
    kinds_of_money,
    outlook,
    spend,
    spend_limits,
)
from claude_dash.ui.page import View, open_page
from claude_dash.ui.prices import prices_card, unpriced
from claude_dash.ui.roster import roster
from claude_dash.ui.seats import seats
from claude_dash.ui.states import (
    lock_line,
    logs_alone,
    notices,
    stop_when_hidden,
    stop_without_source,
)
from claude_dash.ui.strip import as_of
from claude_dash.ui.trust import trust

__all__ = [
    "View",
    "administration",
    "as_of",
    "by_value",
    "connecting",
    "cost_notices",
    "cost_table",
    "edit_tools",
    "exports",
    "features",
    "fed",
    "flows",
    "glossary",
    "headlines",
    "kinds_of_money",
    "lines_of_code",
    "lock_line",
    "logs_alone",
    "notices",
    "open_page",
    "outlook",
    "pair",
    "parts",
    "prices_card",
    "retention",
    "roster",
    "seats",
    "segments",
    "spend",
    "spend_limits",
    "stages",
    "stop_when_hidden",
    "stop_without_enterprise",
    "stop_without_source",
    "stuck",
    "surfaces",
    "team_bars",
    "trend",
    "trust",
    "unpriced",
]
