"""People and teams: layout only."""

from claude_dash import ui

view = ui.open_page("People and teams", "Is everybody in a team, once?", needs="admin")
ui.as_of(view)
ui.roster(view)
