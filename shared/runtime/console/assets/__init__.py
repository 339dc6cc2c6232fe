"""Style sheet and script of our own; what others made is added when the asset is built."""
