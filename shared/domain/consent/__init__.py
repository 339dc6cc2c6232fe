"""What a person allowed, as a hash-chained ledger of events."""
