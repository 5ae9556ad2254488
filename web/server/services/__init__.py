"""What the live view has of each service: one module each, by the service's name (`web.server.view`)."""
