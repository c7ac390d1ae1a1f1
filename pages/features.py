"""Features: layout only."""

from claude_dash import ui
from claude_dash.metrics.catalog.code import SUGGESTIONS_ACCEPTED

view = ui.open_page(
    "Features", "Which tools, skills, plugins and connectors are used, and by how many?"
)
ui.stop_without_source(view)
ui.notices(view)
suggestions = view.ask(SUGGESTIONS_ACCEPTED)
ui.as_of(view, suggestions)
ui.logs_alone(view)
ui.features(view)
ui.edit_tools(view)
ui.lock_line(view.teams(SUGGESTIONS_ACCEPTED))
