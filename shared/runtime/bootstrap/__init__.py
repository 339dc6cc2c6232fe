"""One module per function: builds its collaborators, lazily and once."""
