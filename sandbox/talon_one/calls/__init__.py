"""The calls of the API, one subject a module: what each checks and what it changes."""
