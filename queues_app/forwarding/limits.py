"""How many lines leave together."""

from typing import Final

from queues_app.delivery import Way

# Lines of one batch, at most. Nobody takes back a datagram that came too soon.
AT_ONCE: Final = {way: 50 if way is Way.UDP else 500 for way in Way}
MOST_BYTES: Final = 1024 * 1024
