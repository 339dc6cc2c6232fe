"""Changes in Marketo, every five minutes."""
