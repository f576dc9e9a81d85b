"""Conditions that hold a prediction: how they are drawn, tried and chosen."""
