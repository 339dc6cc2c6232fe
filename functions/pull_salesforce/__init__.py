"""Changes in Salesforce, every five minutes."""
