"""The day's list as pages show it: words, lines, next steps, and the board of who works it off."""
