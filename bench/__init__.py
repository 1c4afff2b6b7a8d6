"""How fast Rembuk is beside what a user would pick instead: `python -m bench`."""
