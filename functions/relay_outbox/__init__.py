"""Publishes the facts of a decision as soon as it is written."""
