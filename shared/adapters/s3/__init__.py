"""Our objects in S3."""
