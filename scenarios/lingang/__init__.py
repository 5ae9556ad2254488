"""Lingang: a port town around a round lake, of our own design."""
