"""Classifiers whose prototypes are distributions, which say how sure they are and of what."""
