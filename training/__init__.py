"""Rebuilds the weights of the sensitivity model from labelled public packages. Run by `make train`, never shipped."""
