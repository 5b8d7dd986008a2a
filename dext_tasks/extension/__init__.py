"""What an extension is, without I/O: every function here takes bytes or text and gives facts."""
