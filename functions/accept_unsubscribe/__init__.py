"""The unsubscribe page and one-click."""
