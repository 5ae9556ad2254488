"""What is left of a run: key figures, tables, capture, and the directory that holds them."""
