"""Measurements beside the peers and the physical limit: `make bench`, or `python -m benchmarks [name] [--quick]`."""
