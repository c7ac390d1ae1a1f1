"""Sessions that a report does not tell are unknown, not none."""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    without_rowid = {'sqlite_with_rowid': False}
    with op.batch_alter_table('activity_day', schema=None, table_kwargs=without_rowid) as batch_op:
        batch_op.alter_column('sessions', existing_type=sa.BigInteger(), nullable=True)
