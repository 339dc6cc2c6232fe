"""What the numbers of a report mean: one set of definitions, whatever engine counts."""
