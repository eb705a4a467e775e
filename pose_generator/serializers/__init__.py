"""What the pose generator reads and shows."""
