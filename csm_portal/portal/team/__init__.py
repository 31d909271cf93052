"""The manager's page: one table of people and teams, what moved, and the targets."""
