"""Documents and snapshots: immutable texts with a line index. Knows nothing of the rest of the package."""
