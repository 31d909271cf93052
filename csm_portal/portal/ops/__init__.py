"""The control room: what the machines behind the portal do, what waits, what failed, and what a person can do about it."""
