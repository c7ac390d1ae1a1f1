"""Exports: layout only."""

from claude_dash import ui

view = ui.open_page("Exports", "What can I hand on, and for how long?")
ui.stop_without_source(view)
ui.as_of(view)
ui.exports(view)
