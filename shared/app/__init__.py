"""Use cases, one module per verb: load, decide, save. Dependencies arrive as arguments."""
