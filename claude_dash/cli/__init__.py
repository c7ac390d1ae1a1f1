"""The command line: `claude-dash`; every error becomes one sentence and an exit code here."""

import gc
import logging
import sys

import typer

from claude_dash import log
from claude_dash.cli import admin, ask, connect, serve, sync
from claude_dash.errors import ClaudeDashError

EXIT_BUG = 1
EXIT_INTERRUPTED = 130
GARBAGE_OBJECTS = 50_000  # new ones before a search: most of what a start makes stays

app = typer.Typer(
    name="claude-dash",
    help="How an engineering organisation uses Claude Code: by team, never by person.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
serve.register(app)
connect.register(app)
sync.register(app)
ask.register(app)
admin.register(app)


def main() -> None:
    """Run the command of `sys.argv` and leave with its exit code: 0, 2, 3, 4 or 130."""
    gc.set_threshold(GARBAGE_OBJECTS)
    log.configure(logging.WARNING)
    try:
        app()
    except ClaudeDashError as error:
        _say(error.message, error.hint)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say("Interrupted; what was read so far is kept.")
        sys.exit(EXIT_INTERRUPTED)
    except Exception:
        logging.getLogger(__name__).exception("unexpected error")
        _say("Something went wrong that is not your doing; the log above says where.")
        sys.exit(EXIT_BUG)
    finally:
        gc.freeze()  # the end of a process frees its memory without a last search of it


def _say(*sentences: str) -> None:
    """Write sentences to standard error, one a line, with nothing in them that must stay secret."""
    for sentence in filter(None, sentences):
        typer.echo(log.scrub(sentence), err=True)
