"""Environments for learning agents: a simulation in a process of its own, its observations in shared memory."""
