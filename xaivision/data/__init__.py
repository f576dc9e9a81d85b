"""Floor 1, data: pictures and tables as tensors, table schemas, and the named datasets. Imports nothing by itself."""
