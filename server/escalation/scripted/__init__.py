"""A scripted stand-in for a model endpoint: speaks the Messages API on loopback, thinks nothing. For `escalation run --demo`
and for the tests."""
