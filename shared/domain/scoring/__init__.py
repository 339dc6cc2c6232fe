"""Points with lines that add up."""
