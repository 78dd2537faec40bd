"""Other solvers as they come, for comparison only: never chosen, never imported by the rest.

Each module is a program that reads an instance, solves it with its solver's own settings and prints one JSON
line of the shape of `routing solve`. `make bench-routing` installs them into an environment of their own.
"""
