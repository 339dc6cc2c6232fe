"""The pure core: frozen values and functions. No clock, no random ids, no I/O, no AWS, no pydantic."""
