"""Generated sets in which it is known which features carry the class."""
