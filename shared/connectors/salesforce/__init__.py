"""Salesforce as the sync sees it: `system.SalesforceSystem`. Nothing else is imported from outside this package."""
