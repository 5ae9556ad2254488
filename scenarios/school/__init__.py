"""School: streets with people on foot, cyclists, and drivers of whom some err."""
