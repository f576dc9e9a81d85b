"""Which inputs speak for a model: those that it has not learned from, and not more than there is time for."""

from collections.abc import Sequence

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.settings import check_positive_integer
from xaivision.hidden_names import hiding_notes
from xaivision.labeled_folders import pictures_of, unlearned
from xaivision.naming import Items, items_from, names_pictures, test_rows


def held_out_items(specs: Sequence[str], model: ClassifierAdapter, most: int, label: str | None = None) -> Items:
    """The test part of a data set or of class folders, and all of anything else; `most` of them at most, evenly spaced.

    A note says how many there are where some are left out.

    Raises: as `naming.items_from`.
    """
    check_positive_integer("most", most)
    alone = specs[0] if len(specs) == 1 and label is None else None
    if alone is not None and (rows := test_rows(alone, model)) is not None:
        return _told(items_from(specs, model, _spread(rows, most)), len(rows))
    if alone is not None and names_pictures(alone, model) and (part := unlearned(alone, model)) is not None:
        taken = part.taken(_spread(range(len(part.paths)), most))
        said = f"Of {part.root.name} the test part is looked at, as `xaivision train` splits it."
        found = Items(taken.titles, pictures_of(taken, model), (*hiding_notes(specs), *part.notes(), said))
        return _told(found, len(part.paths))
    found = items_from(specs, model, None, label)
    kept = _spread(range(len(found.titles)), most)
    return _told(Items(tuple(found.titles[row] for row in kept), found.inputs[kept], found.notes), len(found.titles))


def _spread(rows: Sequence[int], most: int) -> list[int]:
    """So many of them at most, evenly spaced, so that classes in order keep their shares."""
    kept = min(most, len(rows))
    return [rows[place * len(rows) // kept] for place in range(kept)]


def _told(found: Items, count: int) -> Items:
    kept = len(found.titles)
    said = () if kept == count else (f"{kept} of {count} inputs are looked at, evenly spaced; `--most` takes more.",)
    return Items(found.titles, found.inputs, (*found.notes, *said))
