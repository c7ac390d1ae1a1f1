"""What was counted of session files, and how far each was read."""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('session_answer',
    sa.Column('answer', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('session', sa.BigInteger(), nullable=False),
    sa.Column('run', sa.BigInteger(), nullable=False),
    sa.Column('setup', sa.Integer(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('input_tokens', sa.BigInteger(), nullable=False),
    sa.Column('output_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_read_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_write_tokens', sa.BigInteger(), nullable=False),
    sa.Column('hour_write_tokens', sa.BigInteger(), nullable=False),
    sa.Column('is_fast', sa.Boolean(), nullable=False),
    sa.Column('cost_listed', sa.BigInteger(), nullable=True),
    sa.Column('cost_estimated', sa.BigInteger(), nullable=True),
    sa.Column('mcp_server', sa.String(), nullable=False),
    sa.Column('skill', sa.String(), nullable=False),
    sa.Column('plugin', sa.String(), nullable=False),
    sa.Column('subagent', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('answer')
    )
    with op.batch_alter_table('session_answer', schema=None) as batch_op:
        batch_op.create_index('session_answer_by_day', ['day', 'connection_id', 'who'], unique=False)
        batch_op.create_index('session_answer_by_session', ['session'], unique=False)

    op.create_table('session_change',
    sa.Column('change', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('session', sa.BigInteger(), nullable=False),
    sa.Column('setup', sa.Integer(), nullable=False),
    sa.Column('lines_added', sa.BigInteger(), nullable=False),
    sa.Column('lines_removed', sa.BigInteger(), nullable=False),
    sa.Column('pull_requests', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('change')
    )
    with op.batch_alter_table('session_change', schema=None) as batch_op:
        batch_op.create_index('session_change_by_day', ['day', 'connection_id', 'who'], unique=False)

    op.create_table('session_cost',
    sa.Column('session', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('input_tokens', sa.BigInteger(), nullable=False),
    sa.Column('output_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_read_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_write_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cost', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('session', 'model')
    )
    with op.batch_alter_table('session_cost', schema=None) as batch_op:
        batch_op.create_index('session_cost_by_day', ['day'], unique=False)

    op.create_table('session_file',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('file', sa.BigInteger(), nullable=False),
    sa.Column('offset', sa.BigInteger(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('modified_ns', sa.BigInteger(), nullable=False),
    sa.Column('proof', sa.BigInteger(), nullable=False),
    sa.Column('seen_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('connection_id', 'file'),
    sqlite_with_rowid=False
    )
