"""Identities that changed hands, and pairs that an admin said are two people."""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('dismissed_pair',
    sa.Column('one', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('other', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('one', 'other')
    )
    op.create_table('identity_move',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('into_id', sa.Integer(), nullable=False),
    sa.Column('is_split', sa.Boolean(), nullable=False),
    sa.Column('kept', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['into_id'], ['person.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('identity_move', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_identity_move_into_id'), ['into_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_identity_move_person_id'), ['person_id'], unique=False)
    with op.batch_alter_table('roster_entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('address', sa.BigInteger(), nullable=True))
