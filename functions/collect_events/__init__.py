"""The door for analytics clients."""
