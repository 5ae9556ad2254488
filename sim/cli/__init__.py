"""The command `wayside`."""
