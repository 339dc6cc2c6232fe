"""The lake for Athena: its tables, and the published definitions as queries in Athena's own SQL."""
