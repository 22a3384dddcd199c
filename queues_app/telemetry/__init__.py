"""What this server tells about itself: counts for Prometheus, a line for each request and each call of the upstream.

Labels and fields are words from short lists and numbers: never an id of a queue or a message, a secret or a body.
"""
