"""Reports of their own, spend, surfaces, features and revisions."""

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('changed_day',
    sa.Column('measure', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('is_dominated', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('measure', 'day')
    )
    op.create_table('cost_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('product', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('workspace', sa.String(), nullable=False),
    sa.Column('service_tier', sa.String(), nullable=False),
    sa.Column('cost_type', sa.String(), nullable=False),
    sa.Column('cost_billed', sa.BigInteger(), nullable=True),
    sa.Column('cost_list', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'who', 'product', 'model', 'workspace', 'service_tier', 'cost_type'),
    sqlite_with_rowid=False
    )
    op.create_table('feature_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('feature', sa.String(), nullable=False),
    sa.Column('product', sa.String(), nullable=False),
    sa.Column('uses', sa.BigInteger(), nullable=True),
    sa.Column('installs', sa.BigInteger(), nullable=True),
    sa.Column('published', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'who', 'kind', 'feature', 'product'),
    sqlite_with_rowid=False
    )
    op.create_table('person_use',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('first_used', sa.Date(), nullable=True),
    sa.Column('last_used', sa.Date(), nullable=True),
    sa.Column('installed_on', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('person_id')
    )
    op.create_table('report_state',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('report', sa.String(), nullable=False),
    sa.Column('history_starts', sa.Date(), nullable=True),
    sa.Column('backfill_done', sa.Boolean(), nullable=False),
    sa.Column('is_legacy', sa.Boolean(), nullable=False),
    sa.Column('error_code', sa.String(), nullable=False),
    sa.Column('error_message', sa.String(), nullable=False),
    sa.Column('covers_until', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('connection_id', 'report')
    )
    op.create_table('revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('measure', sa.String(), nullable=False),
    sa.Column('start', sa.Date(), nullable=False),
    sa.Column('before', sa.BigInteger(), nullable=False),
    sa.Column('after', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_revision_at'), ['at'], unique=False)

    op.create_table('spend_limit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('spend_limit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_spend_limit_connection_id'), ['connection_id'], unique=False)

    op.create_table('summary_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('product', sa.String(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'name', 'product'),
    sqlite_with_rowid=False
    )
    op.create_table('surface_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('product', sa.String(), nullable=False),
    sa.Column('messages', sa.BigInteger(), nullable=True),
    sa.Column('actions', sa.BigInteger(), nullable=True),
    sa.Column('conversations', sa.BigInteger(), nullable=True),
    sa.Column('thinking_messages', sa.BigInteger(), nullable=True),
    sa.Column('files_uploaded', sa.BigInteger(), nullable=True),
    sa.Column('projects_created', sa.BigInteger(), nullable=True),
    sa.Column('artifacts_created', sa.BigInteger(), nullable=True),
    sa.Column('web_searches', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'who', 'product'),
    sqlite_with_rowid=False
    )
    op.create_table('usage_day',
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('who', sa.BigInteger(), nullable=False),
    sa.Column('product', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('workspace', sa.String(), nullable=False),
    sa.Column('service_tier', sa.String(), nullable=False),
    sa.Column('input_tokens', sa.BigInteger(), nullable=False),
    sa.Column('output_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_read_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cache_write_tokens', sa.BigInteger(), nullable=False),
    sa.Column('requests', sa.BigInteger(), nullable=True),
    sa.Column('web_searches', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('connection_id', 'day', 'who', 'product', 'model', 'workspace', 'service_tier'),
    sqlite_with_rowid=False
    )
    op.execute(
        "INSERT INTO report_state (connection_id, report, history_starts, backfill_done, is_legacy,"
        " error_code, error_message) SELECT id, 'console.claude_code', history_starts,"
        " backfill_done, false, '', '' FROM connection"
    )
    # Not in batch mode: that makes the table anew, and with the old one its secrets would go.
    op.drop_column('connection', 'history_starts')
    op.add_column('identity', sa.Column('connection_id', sa.Integer(), nullable=True))
