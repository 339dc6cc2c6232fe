"""One folder per Lambda: a thin handler, its settings, its README."""
