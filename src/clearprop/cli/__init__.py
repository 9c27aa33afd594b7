"""The command line: parse, call, print."""

from clearprop.cli.app import main

__all__ = ["main"]
