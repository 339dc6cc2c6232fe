"""Our queues."""
