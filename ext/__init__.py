"""Compiled kernels: arrays in, arrays out. No policy, no I/O, no import of the layers above."""
