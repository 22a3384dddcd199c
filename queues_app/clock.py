"""What tells the time, for what a test drives by hand."""

from collections.abc import Callable
from datetime import datetime

type Clock = Callable[[], datetime]
