"""claude-dash: how an engineering organisation uses Claude Code, by team, never by person."""
