"""The flow: what a model does to a snapshot. Pure but for the requests to the models."""
