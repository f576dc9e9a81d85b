"""Explanations by prototypes: those a model decides by, and those that stand for a set of inputs."""
