"""Data trust: layout only."""

from claude_dash import ui

view = ui.open_page("Data trust", "Can I rely on these numbers today?", needs="signed_in")
ui.stop_without_source(view)
ui.notices(view)
ui.as_of(view)
ui.trust(view)
