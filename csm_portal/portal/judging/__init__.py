"""Ratings and overrides as pages: the queue, one account after another, coverage, disagreement, reminders."""
