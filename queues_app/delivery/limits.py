"""How long a delivery may take."""

from typing import Final

# To learn the addresses of a name.
NAME_S: Final = 5.0
CONNECT_S: Final = 5.0
# From the name to the last byte, however slowly a destination takes it.
WHOLE_S: Final = 20.0
