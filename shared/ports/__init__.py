"""What use cases need from the outside, as Protocols. One implementation in memory, one for AWS, one suite for both."""
