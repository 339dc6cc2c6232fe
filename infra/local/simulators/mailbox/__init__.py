"""The mailbox: what was sent, and what a recipient may do with it."""
