"""The live view: server and viewer."""
