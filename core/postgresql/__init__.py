"""A database engine for Django: PostgreSQL with health checks that need no round trip while a connection is in use."""
