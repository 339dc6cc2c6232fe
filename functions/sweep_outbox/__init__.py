"""Publishes what the stream did not relay."""
