"""Judges of prototypes: whether each means one part of an object, and keeps to it."""
