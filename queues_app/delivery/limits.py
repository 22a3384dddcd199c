"""How long a delivery may take."""

from typing import Final

CONNECT_S: Final = 5.0
# From the name to the last byte, however slowly a destination takes it.
WHOLE_S: Final = 20.0
