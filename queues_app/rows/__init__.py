"""What templates get: small frozen dataclasses of primitives, so that no template can query or format."""
