"""The vehicles' side of V2X: who has a unit, what it knows of its neighbours, how often it may speak."""
