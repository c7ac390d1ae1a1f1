"""How often a week was marked for the roll-up."""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('touched_week', schema=None) as batch_op:
        batch_op.add_column(sa.Column('marks', sa.Integer(), server_default='1', nullable=False))
