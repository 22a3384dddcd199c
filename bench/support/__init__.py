"""What the measurements share: rows, a fixed-answer upstream, and a deployment in front of it."""
