"""Calls on Amazon Bedrock, the log objects they were read from, and the requests counted."""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('invocation_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('scope', sa.String(), nullable=False),
    sa.Column('band', sa.Integer(), nullable=False),
    sa.Column('requests', sa.BigInteger(), nullable=False),
    sa.Column('input_tokens', sa.BigInteger(), nullable=False),
    sa.Column('output_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_read_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_write_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cost_estimated', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'who', 'model', 'scope', 'band'),
    sqlite_with_rowid=False
    )
    op.create_table('log_object',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('etag', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('connection_id', 'key'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('log_object', schema=None) as batch_op:
        batch_op.create_index('log_object_by_state', ['connection_id', 'state', 'day'], unique=False)

    op.create_table('log_request',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('request', sa.LargeBinary(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('connection_id', 'request'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('log_request', schema=None) as batch_op:
        batch_op.create_index('log_request_by_day', ['day'], unique=False)

    without = sa.text('cost_estimated IS NULL')
    for table in ('model_usage_day', 'invocation_day'):
        op.create_index(f'{table}_unpriced', table, ['model'], unique=False, sqlite_where=without, postgresql_where=without)
