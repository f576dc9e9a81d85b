"""Floor 0, the nouns: classifiers, queries, results, diagnostics, verdicts, scores. Torch and NumPy only.

This file imports nothing, so that the top of the package can reach the light rooms here without paying for torch.
"""
