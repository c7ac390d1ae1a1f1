"""The store: SQLite or PostgreSQL, its migrations, locks, secrets, and every write."""
