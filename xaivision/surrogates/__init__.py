"""Interpretable stand-ins for a classifier, and how far each can be trusted."""
