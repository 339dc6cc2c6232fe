"""Secrets Manager, read at first use and kept for five minutes."""
