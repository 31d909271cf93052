"""Tasks as pages show them."""
