"""Languages, incremental syntax trees, symbols, imports and words. Languages are data: `languages.toml`, `queries/`."""
