"""The only code that talks HTTP to a registry."""
