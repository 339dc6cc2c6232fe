"""Every port in memory, with fault injection."""
