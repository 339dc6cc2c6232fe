"""Turns every dead letter into a parked record."""
