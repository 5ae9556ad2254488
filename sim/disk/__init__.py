"""Files of a run that are whole or not there: its directory, and room held back for the last words."""
