"""What a smoke test asks of an installed extension, a module per part of it."""
