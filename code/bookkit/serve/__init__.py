"""The server of a finished book."""
