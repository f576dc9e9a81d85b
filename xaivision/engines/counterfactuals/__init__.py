"""Rows that a model decides otherwise: what may change, how candidates are proposed, and what is kept of them."""
