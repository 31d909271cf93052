"""What people judge: ratings and their queue, overrides, reviews, feedback, and where people and machine differ."""
