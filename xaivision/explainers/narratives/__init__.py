"""From a map to a region to words: each stage recorded, and the words held against the model."""
