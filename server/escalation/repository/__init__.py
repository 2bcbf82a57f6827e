"""The edge to git and the disk: snapshots of a repository, its pending changes, its history, the cache."""
