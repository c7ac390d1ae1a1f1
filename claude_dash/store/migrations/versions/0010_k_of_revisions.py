"""Of how many people at least a told revision is: of five, where that was not kept."""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.add_column(sa.Column('k', sa.Integer(), server_default='5', nullable=False))
