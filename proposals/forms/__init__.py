"""What people type into proposals."""
