"""What was recorded elsewhere, put through the same policies and kernels, without traffic."""
