"""What clients report, what was taken of it, and the tokens with which they send."""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('client_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('terminal_type', sa.String(), nullable=False),
    sa.Column('setup', sa.Integer(), nullable=False),
    sa.Column('sessions', sa.BigInteger(), nullable=False),
    sa.Column('lines_added', sa.BigInteger(), nullable=False),
    sa.Column('lines_removed', sa.BigInteger(), nullable=False),
    sa.Column('commits', sa.BigInteger(), nullable=False),
    sa.Column('pull_requests', sa.BigInteger(), nullable=False),
    sa.Column('active_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'who', 'terminal_type', 'setup'),
    sqlite_with_rowid=False
    )
    op.create_table('client_model_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('terminal_type', sa.String(), nullable=False),
    sa.Column('setup', sa.Integer(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('input_tokens', sa.BigInteger(), nullable=False),
    sa.Column('output_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_read_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_write_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cost_estimated', sa.BigInteger(), nullable=True),
    sa.Column('requests', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'who', 'terminal_type', 'setup', 'model'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('client_model_day', schema=None) as batch_op:
        batch_op.create_index('client_model_day_unpriced', ['model'], unique=False, sqlite_where=sa.text('cost_estimated IS NULL'), postgresql_where=sa.text('cost_estimated IS NULL'))

    op.create_table('client_setup',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.String(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('plan', sa.String(), nullable=False),
    sa.Column('entry_point', sa.String(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('organization_id', 'provider', 'plan', 'entry_point', 'version')
    )
    op.create_table('client_tool_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('terminal_type', sa.String(), nullable=False),
    sa.Column('setup', sa.Integer(), nullable=False),
    sa.Column('tool', sa.String(), nullable=False),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.Column('suggestions_accepted', sa.BigInteger(), nullable=False),
    sa.Column('suggestions_rejected', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'who', 'terminal_type', 'setup', 'tool', 'decided_by'),
    sqlite_with_rowid=False
    )
    op.create_table('sent_point',
    sa.Column('point', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('point')
    )
    with op.batch_alter_table('sent_point', schema=None) as batch_op:
        batch_op.create_index('sent_point_by_hour', ['hour'], unique=False)

    op.create_table('sent_series',
    sa.Column('series', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('points', sa.String(), nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('series')
    )
    with op.batch_alter_table('sent_series', schema=None) as batch_op:
        batch_op.create_index('sent_series_by_hour', ['hour'], unique=False)

    op.create_table('sent_session',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('session', sa.BigInteger(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('starts', sa.Integer(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'session'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('sent_session', schema=None) as batch_op:
        batch_op.create_index('sent_session_by_day', ['day'], unique=False)
        batch_op.create_index('sent_session_by_id', ['session'], unique=False)

    op.create_table('ingest_token',
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('tail', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=True),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('digest')
    )
    with op.batch_alter_table('ingest_token', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ingest_token_connection_id'), ['connection_id'], unique=False)

    op.create_table('event_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('event', sa.String(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'event')
    )
