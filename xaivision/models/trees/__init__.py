"""Trees over the patches of a picture: classifiers that look at one patch after the other."""
