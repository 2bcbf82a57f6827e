"""A scripted stand-in for a model endpoint: speaks the Messages API on loopback, and thinks nothing."""
