"""Whether a caption names the class that the model gave, another one of the model's, or none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Agreement = Literal["agrees", "contradicts", "silent"]


@dataclass(frozen=True)
class ClassesNamed:
    """`named`: the classes of the model whose names stand in a text, in their order there.

    `agreement` "agrees": the one that the model gave is among them; "contradicts": only others are; "silent": none.
    """

    named: tuple[str, ...]
    agreement: Agreement


def classes_named(text: str, class_names: Sequence[str], given: str) -> ClassesNamed:
    """Whole words only, in singular or plural, the longest names first: a "tiger cat" is no tiger. Names without letters,
    such as numbers, are not looked for.
    """
    left, found = text.lower(), list[tuple[int, str]]()
    for name in sorted(set(class_names), key=lambda name: (-len(name), name)):
        if not any(letter.isalpha() for letter in name):
            continue
        pattern = re.compile(rf"(?<!\w){re.escape(name.lower().replace('_', ' '))}(?:s|es)?(?!\w)")
        if match := pattern.search(left):
            found.append((match.start(), name))
            left = pattern.sub(lambda hit: " " * len(hit.group()), left)
    named = tuple(name for _, name in sorted(found))
    return ClassesNamed(named, "agrees" if given in named else "contradicts" if named else "silent")
