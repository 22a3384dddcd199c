"""One small function per route of the API: a Call goes in, an Answer or an ApiError comes out."""
