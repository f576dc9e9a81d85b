"""Classifiers that decide by how alike an input is to prototypes, one layer for all of them."""
