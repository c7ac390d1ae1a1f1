"""What the figures of a week were made of, why one is made anew, and revisions of final weeks."""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('told_week',
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('measures', sa.Text(), nullable=False),
    sa.Column('finals', sa.Text(), nullable=False),
    sa.Column('is_held', sa.Boolean(), nullable=False),
    sa.Column('crowd', sa.LargeBinary(), nullable=False),
    sa.Column('blocks', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('week')
    )
    with op.batch_alter_table('revision', schema=None) as batch_op:
        for name, before in (('grain', 'day'), ('level', 'organization'), ('key', 'all')):
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=before))
    with op.batch_alter_table('touched_week', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reason', sa.String(), nullable=False, server_default='late data'))
