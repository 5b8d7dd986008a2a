"""What puts right what rules find: each answer a few edits of a file, which stays as it is elsewhere."""
