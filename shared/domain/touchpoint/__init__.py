"""What a lead did, through which channel."""
