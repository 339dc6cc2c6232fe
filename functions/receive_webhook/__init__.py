"""The door for webhooks of vendors."""
