"""Benchmarks with a known answer: questions, scores beside controls, and the run that asks every method."""
