"""That a training has finite numbers to learn from."""

from xaivision.core.errors import InputError
from xaivision.data.dataset import Dataset


def check_finite(dataset: Dataset) -> None:
    """Raises: InputError, where an input holds what is NaN or infinite."""
    finite = dataset.inputs.isfinite()
    if not bool(finite.all()):
        bad = int((~finite).sum())
        raise InputError(f"`dataset` must be finite. Got {bad} values that are NaN or infinite. Remove or impute them first.")
