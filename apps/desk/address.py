"""What a visitor sees and no widget's value holds, in the address of the page: points, edited values, the pair that is open."""

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from xaivision.core.sharing import fingerprint


def recalled(key: str, of: str) -> str:
    """What the address says under this key; empty where it says nothing, or says it of another thing than the one `of`."""
    mark, _, said = st.query_params.get(key, "").partition("~")
    return said if mark == of else ""


def remember(key: str, of: str, said: str) -> None:
    """From now on the address says so of this thing; it says nothing where `said` is empty."""
    wanted = f"{of}~{said}" if said else ""
    if wanted == st.query_params.get(key, ""):
        return
    if wanted:
        st.query_params[key] = wanted
    else:
        del st.query_params[key]


def mark_of(inputs: Any) -> str:
    """What tells these inputs from others in an address: an upload has no name there that means anything to somebody else."""
    return fingerprint(inputs).hex()[:8]


def numbers_text(values: Mapping[int, float]) -> str:
    """`3:9.5,7:1.25`: each number's place and what it is, to the last bit."""
    return ",".join(f"{place}:{value!r}" for place, value in values.items())


def numbers_of(text: str) -> dict[int, float]:
    """Of what `numbers_text` wrote; whatever else an address says is left out."""
    found = {}
    for part in text.split(","):
        place, _, value = part.partition(":")
        try:
            number = float(value)
        except ValueError:
            continue
        if place.isdecimal() and math.isfinite(number):
            found[int(place)] = number
    return found
