"""Closed forms of two papers for straight roads, and the radios of a run that draw from them."""
