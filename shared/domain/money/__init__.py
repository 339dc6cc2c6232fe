"""Money as the reports know it: exact amounts, exchange rates, costs, and what marketing returned."""
