"""The suites by kind: which sets there are, and which models are asked about them."""
