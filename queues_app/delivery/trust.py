"""Whose certificates are believed: those that httpx brings, or those in SSL_CERT_FILE."""

import functools
import ssl

import httpx


@functools.cache
def context() -> ssl.SSLContext:
    """One for the process: to make it costs tens of milliseconds."""
    return httpx.create_ssl_context(trust_env=True)
