"""The live view (to come): server and viewer."""
