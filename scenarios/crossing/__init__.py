"""Crossing: one signalled junction for tests."""
