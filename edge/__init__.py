"""What runs at the roadside: units, applications, messages, policies. Knows nothing of SUMO, files or the web."""
