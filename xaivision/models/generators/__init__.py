"""Generators that need no downloaded weights: segments as layers, the sonar simulator, autoencoders of the user's pictures."""
