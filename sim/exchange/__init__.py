"""One V2X tick: what is said, who hears it, and what comes of that, measured as it happens."""
