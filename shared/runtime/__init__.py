"""The composition root: the only place where use cases meet adapters, connectors, environment, time and randomness."""
