"""The lead: the bounded head of one person, its merge into others, and the projection that people see."""
