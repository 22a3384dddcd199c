"""One function per user intention.

Each asks `access` whether the person may, passes the audit gate, unseals the credential, calls the client, keeps what
came, and returns plain data. All arguments are keyword-only; expected failures are exceptions with a `sentence` and a
`reason`.
"""
