"""How long lines may take, and how many leave together."""

from typing import Final

from queues_app.forwarding.destinations import Way

CONNECT_S: Final = 5.0
# For all of one batch, from the name to the last byte, however slowly a destination takes it.
WHOLE_S: Final = 20.0

# Lines of one batch, at most. Nobody takes back a datagram that came too soon.
AT_ONCE: Final = {way: 50 if way is Way.UDP else 500 for way in Way}
MOST_BYTES: Final = 1024 * 1024
