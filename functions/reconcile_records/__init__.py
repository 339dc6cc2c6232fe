"""Compares records of other systems with people."""
