"""Hypothesis without a clock and without luck: every run tries the same examples."""

from hypothesis import settings

settings.register_profile("clearprop", deadline=None, derandomize=True, database=None)
settings.load_profile("clearprop")
