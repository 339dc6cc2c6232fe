"""The shapes of what crosses a wire. Knows nothing of the domain, so that no rename inside can move the wire."""
