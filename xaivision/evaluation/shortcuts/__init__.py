"""Does the class follow from something that is not the object? Trivial classifiers, and what a model makes of it."""
