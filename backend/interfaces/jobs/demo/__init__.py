"""The demonstration county: read from fixtures/, built through the rooms' operations."""
