"""The measurement of speed: `scripts/bench`. Each module here without an underscore measures one group of rows.

Such a module has `measure() -> list[Row]` (bench/support/rows.py), and is run in a process of its own.
"""
