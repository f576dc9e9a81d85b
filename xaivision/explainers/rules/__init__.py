"""Explanations by rules: what holds a prediction, and where it ends."""
