"""The shop on several servers: a primary, a streaming replica, PgBouncer."""
