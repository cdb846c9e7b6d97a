"""Metrics with intervals, and the protocols they belong to."""
