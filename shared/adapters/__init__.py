"""Our side of the ports: AWS services, and memory for tests."""
