"""What the console shows, as values: views of the API in the words of people. Decides nothing, knows no HTML."""
