"""The rule catalogue, and the report of what the rules found."""
