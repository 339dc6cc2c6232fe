"""Facts into the lake."""
