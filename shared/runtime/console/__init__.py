"""The console: pages for people, rendered here, behind a login of their own."""
