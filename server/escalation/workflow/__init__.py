"""Workflows: what was submitted, done durably: it survives the end of the process at any step."""
