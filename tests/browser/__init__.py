"""The pages in a real Chromium, served as in a deployment: gunicorn, DEBUG off, hashed static files, the exact CSP."""
