"""New extensions from the packaged templates."""
