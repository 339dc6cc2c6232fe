"""The leadspine command."""
