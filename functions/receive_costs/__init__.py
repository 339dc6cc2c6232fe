"""The door for files of costs."""
