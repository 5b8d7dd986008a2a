"""Careful requests to the internet: what a label, a page or a compose file names."""
