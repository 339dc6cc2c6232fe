"""State in DynamoDB: keys, items, transactions."""
