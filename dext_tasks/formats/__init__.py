"""Foreign formats: bytes in, facts out; nothing here knows what a Docker extension is."""
