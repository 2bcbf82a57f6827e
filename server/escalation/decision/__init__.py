"""From facts to an assessment: triggers, context, validation, costs. `assess` is the one entry."""
