"""Objects in pictures, found from points on them."""
