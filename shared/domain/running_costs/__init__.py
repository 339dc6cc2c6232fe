"""What running an installation costs: list prices, and how much of each thing our work needs."""
