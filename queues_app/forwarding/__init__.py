"""Audit entries told to places beside the database: the lines, and how they leave. No Django.

What goes where, and how far each destination was told, is the matter of operations/forwarding.py.
"""

from queues_app.forwarding.lines import Line
from queues_app.forwarding.sending import send

__all__ = ["Line", "send"]
