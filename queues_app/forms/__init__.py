"""What people may type, cleaned or explained."""
