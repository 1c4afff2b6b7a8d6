"""Real processes that are killed, stopped, starved and cut off while people use the site."""
