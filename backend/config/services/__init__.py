"""The embedded services of a checkout: their places, their binaries, their processes."""
