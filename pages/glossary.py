"""Glossary: layout only."""

from claude_dash import ui

view = ui.open_page("Glossary", "What does this word or number mean?", needs="signed_in")
ui.as_of(view)
ui.glossary(view)
