"""Measurements against what a user would take instead: `python -m benchmarks NAME [--small]`."""
