"""What people decide about a night: publish or give up one that is held, try again accounts that could not be computed."""
