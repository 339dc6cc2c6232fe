"""Other people's systems, one module each; none knows another."""
