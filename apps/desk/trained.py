"""A classifier that `xaivision train` has written, uploaded: weights and plain values, nothing that can name code."""

from desk.uploads import uploaded_file


def uploaded_model(page: str) -> str | None:
    """The path of the uploaded file, under a name of our own; None where nothing was uploaded."""
    return uploaded_file("Trained classifier", "safetensors", f"{page}_trained", "A file that `xaivision train` has written.")
