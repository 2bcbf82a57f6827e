"""The host: how one process per user is elected, found, started and spoken to."""
