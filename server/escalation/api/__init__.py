"""The REST API and the dashboard: a thin shell over workflows, decisions and the store."""
