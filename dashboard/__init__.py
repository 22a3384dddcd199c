"""The Django project: settings, addresses, entry points, middleware, health."""
