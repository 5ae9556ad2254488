"""The lights, where others than SUMO's programs run them: controllers, applications' requests, and what both see."""
