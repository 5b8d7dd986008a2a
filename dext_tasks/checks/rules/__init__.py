"""The rules: a module for each family, named after what the codes of its rules begin with."""
