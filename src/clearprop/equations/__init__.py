"""The equations, written once, for people: start with README.md in this folder.

Pure functions on arrays of any library that follows the Python array API standard. Nothing is
checked here, nothing is printed, nothing is stored.
"""
