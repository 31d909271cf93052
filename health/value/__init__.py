"""What customers want and get: desired outcomes with proofs, scenarios, named states, seat quality."""
