"""Records in Marketo are brought up to date."""
