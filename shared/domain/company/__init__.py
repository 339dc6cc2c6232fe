"""Which company a person belongs to, and on what evidence."""
