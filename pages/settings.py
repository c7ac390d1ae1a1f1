"""Settings: layout only."""

from claude_dash import ui

view = ui.open_page("Settings", "What may be shown, to whom, for how long?", needs="settings")
ui.as_of(view)
ui.administration(view)
