"""Experiments: settings against each other over replications, and what can be said of them."""
