"""Pure functions from documents and changes to facts. No I/O."""
