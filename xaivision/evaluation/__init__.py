"""Floor 4: metrics, sanity checks and the comparison of methods next to controls."""
