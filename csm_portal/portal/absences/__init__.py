"""Absences as pages show them."""
