"""Which class is explained, against which other one, and what of it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.targets import Output
from xaivision.predicting import Guess
from xaivision.report.wording import plain

PREDICTED, NOBODY = "the predicted class", "no other class"
# Classes that are told by name.
MOST_NAMED = 12
OUTPUTS: tuple[Output, ...] = ("score", "logit", "log_probability", "probability", "margin")


def chosen_classes(page: str, model: ClassifierAdapter, guesses: Sequence[Guess]) -> tuple[int | None, int | None]:
    """Numbers of the class to explain (None: the predicted one) and of the class that it is held against (None: none)."""
    names = class_labels(model)
    likely = [names[guess.number] for guess in guesses]
    ordered = [*likely, *(name for name in names if name not in set(likely))]
    target = _selected("Explain", [PREDICTED, *ordered], f"{page}_class", "Likely classes come first; type to search.")
    against = _selected("and not", [NOBODY, *ordered], f"{page}_against", "Why the class and not this one.")
    numbers = {name: number for number, name in enumerate(names)}
    return numbers.get(target), numbers.get(against)


def chosen_output(page: str, model: ClassifierAdapter, *, contrasted: bool) -> Output:
    """Which number of the class is explained; a margin has its rival already."""
    possible = [one for one in OUTPUTS if _possible(one, model) and not (contrasted and one == "margin")]
    output: Output = st.selectbox(
        "Explained number", possible, format_func=lambda one: one.replace("_", "-"), key=f"{page}_output", bind="query-params"
    )
    return output


def class_labels(model: ClassifierAdapter) -> tuple[str, ...]:
    """A label for each class; its number stands behind a name that several classes have."""
    counts = Counter(model.class_names)
    return tuple(
        plain(name) if counts[name] == 1 else f"{plain(name)} (class {number})" for number, name in enumerate(model.class_names)
    )


def known_classes(model: ClassifierAdapter) -> str:
    """Which classes there are for the model, in one sentence: by name where they are few."""
    names = class_labels(model)
    said = ", ".join(names) if len(names) <= MOST_NAMED else f"from {names[0]} to {names[-1]}"
    return f"The model knows {len(names):,} classes ({said}), and takes whatever it is shown for one of them."


def _possible(output: Output, model: ClassifierAdapter) -> bool:
    if output == "logit":
        return model.score_unit == "logit"
    return model.gives_probabilities or not output.endswith("probability")


def _selected(label: str, options: list[str], key: str, told: str) -> Any:
    # A class of another model means nothing to this one.
    if st.session_state.get(key, options[0]) not in options:
        del st.session_state[key]
    return st.selectbox(label, options, key=key, bind="query-params", persist_state="session", help=told)
