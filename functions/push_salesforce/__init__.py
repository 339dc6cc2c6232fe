"""Records in Salesforce are brought up to date."""
