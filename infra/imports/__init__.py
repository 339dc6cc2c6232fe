"""Files of leads and events on their way to the doors: read, checked row by row, sent, remembered."""
