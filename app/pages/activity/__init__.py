"""Activity: what this window did and does; failures stay with their reason, remedy and details."""
