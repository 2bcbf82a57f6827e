"""What users may set: one schema, four sources, one order of precedence."""
