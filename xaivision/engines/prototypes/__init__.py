"""Prototypes: distances to centers, what they say of the classes, and how far an input may move before that changes."""
