"""Logins of people."""
