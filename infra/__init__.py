"""Wiring functions to triggers, on AWS and on the laptop, and the operator command line."""
