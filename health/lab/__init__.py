"""Definitions in the making: drafts, what they would change, publishing, and history recomputed."""
