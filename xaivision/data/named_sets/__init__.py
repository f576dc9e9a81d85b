"""Sets of pictures that are too large or not free enough to ship: fetched by name, verified picture by picture."""
