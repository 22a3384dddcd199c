"""An upgrade from the release before: its database, and the statements that it goes on sending to the new one."""
