"""Sensors at roadside units: between what is true and what units come to know of it."""
