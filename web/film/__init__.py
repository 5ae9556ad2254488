"""Recordings of the live view: written by a run as it goes, read by the page, from a file or while it grows."""
