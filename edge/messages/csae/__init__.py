"""The Chinese messages of the first phase (YD/T 3709-2020, after T/CSAE 53): bsm, map, rsm, spat, rsi, in a frame."""
