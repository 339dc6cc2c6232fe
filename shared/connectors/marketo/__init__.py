"""Marketo Engage: the lead database over REST, as one of the systems people are synchronised with."""
