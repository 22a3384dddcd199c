"""Ways to reach the sandbox. All waiting and every socket is here; Sandbox.handle has neither."""
