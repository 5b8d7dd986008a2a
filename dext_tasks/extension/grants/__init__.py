"""What an extension asks of the machine that runs it, by name, and what it was granted."""
