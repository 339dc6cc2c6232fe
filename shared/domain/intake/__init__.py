"""How bytes from outside are checked and read, without knowing any vendor."""
