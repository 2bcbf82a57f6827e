"""What it costs, measured against its peers: `python -m bench`."""
