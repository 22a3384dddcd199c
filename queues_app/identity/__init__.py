"""Who somebody is, in the words of another place: a provider of OpenID Connect, Cloudflare Access.

Each way proves an `Arrival`, and `operations/arrivals.py` lets it in or not. What the ways share: `network` is the one
place that asks outside, `tokens` checks signatures, `claims` reads what a token says.
"""
