"""What the system costs in time, write units and money. `make bench` measures, prints a table and writes JSON."""
