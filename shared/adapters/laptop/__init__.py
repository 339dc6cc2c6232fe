"""What only a laptop cloud offers."""
