"""Lets `python -m claude_dash` behave like the `claude-dash` command."""

from claude_dash.cli import main

if __name__ == "__main__":
    main()
