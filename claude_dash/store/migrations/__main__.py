"""Write the next step of the schema from what the tables say now."""

import sys

from alembic import command

from claude_dash.store.engine import open_store
from claude_dash.store.migrations import config, head, upgrade

if __name__ == "__main__":
    engine = open_store("sqlite://")
    upgrade(engine)
    made = config()
    with engine.begin() as connection:
        made.attributes["connection"] = connection
        number = f"{int(head() or 0) + 1:04d}"
        command.revision(made, message=sys.argv[1], autogenerate=True, rev_id=number)
