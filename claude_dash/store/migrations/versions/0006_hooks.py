"""What hooks said of sessions that nobody has named yet."""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sent_use',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('session', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('feature', sa.String(), nullable=False),
    sa.Column('uses', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'session', 'kind', 'feature'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('sent_use', schema=None) as batch_op:
        batch_op.create_index('sent_use_by_session', ['session'], unique=False)
