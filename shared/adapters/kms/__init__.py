"""Data keys from the Key Management Service."""
