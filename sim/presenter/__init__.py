"""What a person in front of a running simulation does to it; what is about a service stands in its own module."""
