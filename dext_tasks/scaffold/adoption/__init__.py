"""Existing extensions taken over: what is found out about one, and what is written into it."""
