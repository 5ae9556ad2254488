"""Whole scripts to start from: `wayside run scenarios/examples/queue_warning.py`."""
