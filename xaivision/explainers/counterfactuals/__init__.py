"""Counterfactual explanations of rows and pictures, one dataclass a method."""
