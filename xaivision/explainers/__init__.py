"""Floor 3: one small frozen dataclass for each method, over the engines."""
