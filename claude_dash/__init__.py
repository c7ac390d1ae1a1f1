"""claude-dash: how an engineering organisation uses Claude Code, by team, never by person."""

from importlib.metadata import version

__version__ = version("claude-dash")
