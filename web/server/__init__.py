"""The live view's server: FastAPI in front, the simulation in a child process."""
