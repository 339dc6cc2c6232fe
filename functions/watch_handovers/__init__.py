"""Tells of hand-overs that nobody answered in time."""
