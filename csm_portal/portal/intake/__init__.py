"""Pages of what came over HTTP: keys, refused calls and rules, waiting events, actions that nobody has named yet."""
