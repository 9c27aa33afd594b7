"""The commands: a command's options are its signature; what it does is a few lines at its end.

Nothing heavy is imported here: `clearprop --help` must answer at once.
"""
