"""What a file of a trained classifier is checked by: one digest of its tensors and of what is told beside them."""

import hashlib
from collections.abc import Mapping

from torch import Tensor

from xaivision.models.weights_cache import digest


def content_digest(tensors: Mapping[str, Tensor], told: str) -> str:
    """SHA-256 of the tensors with their names, and of the text."""
    return hashlib.sha256(f"{digest(tensors)} {told}".encode()).hexdigest()
