"""Where personal data may first be written."""
