"""Write the next step of the schema from what the tables say now."""

import sys

from alembic import command

from claude_dash.store.engine import open_store
from claude_dash.store.migrations import head, upgrade
from claude_dash.store.migrations.steps import config

if __name__ == "__main__":
    engine = open_store("sqlite://")
    upgrade(engine)
    with engine.begin() as connection:
        number = f"{int(head()) + 1:04d}"
        command.revision(config(connection), message=sys.argv[1], autogenerate=True, rev_id=number)
