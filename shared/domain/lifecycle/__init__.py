"""Stages, their entry guards and the hand-over."""
