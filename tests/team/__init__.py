"""What several hosts share: a database and a cache that are real. Run with tests/settings_team.py only."""
