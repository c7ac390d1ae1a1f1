"""Connect: layout only."""

from claude_dash import ui

view = ui.open_page(
    "Connect", "Which keys are needed, do they work, and how far has reading got?", needs="admin"
)
ui.as_of(view)
ui.connecting(view)
