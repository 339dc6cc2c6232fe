"""Keeping Leadspine, Salesforce and Marketo equal: shadows, three-way merge, the judge, plans of writes."""
