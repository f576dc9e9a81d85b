"""Which rows, or columns, are the same, told by their digests: the values themselves would stand twice in memory."""

from hashlib import sha256

import numpy as np

from xaivision.surrogates.decision_tree import Rows


def digest(values: "np.ndarray") -> bytes:
    """The same for equal values (n,) of one type; -0.0 is 0.0."""
    return sha256((values + 0.0).tobytes()).digest()


def among(rows: Rows, known: Rows) -> "np.ndarray":
    """(n,) bool: which of rows (n, F) are equal to one of the known ones (m, F)."""
    told = {digest(row) for row in known}
    return np.array([digest(row) in told for row in rows.astype(known.dtype, copy=False)], dtype=bool)


def first_of_each(rows: Rows, seen: set[bytes]) -> "np.ndarray":
    """Numbers of the rows (n, F) that are neither among those `seen` nor equal to one before them; `seen` then has them too."""
    found = []
    for number, row in enumerate(rows):
        if (told := digest(row)) not in seen:
            seen.add(told)
            found.append(number)
    return np.array(found, dtype=np.int64)
