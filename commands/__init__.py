"""What a person can start, one module a command. run.py parses, these do."""
