"""Built-in cities, one folder each: `scenario.toml`, its SUMO files, and the `build.py` that made them."""
