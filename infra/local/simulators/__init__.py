"""Salesforce and Marketo on one machine: what the sync talks to where nobody has those accounts."""
