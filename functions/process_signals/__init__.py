"""Decides on signals."""
