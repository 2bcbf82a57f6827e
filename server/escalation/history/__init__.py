"""History: what came of decisions, as rates, calibration and advice. Pure functions over records."""
