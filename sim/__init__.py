"""The world around the roadside: SUMO, vehicles, the air between them, the clock, and what is written down."""
