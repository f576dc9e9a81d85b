"""Examples in words: which one, where it is like the input, how much, and what that adds to the score."""

from collections.abc import Sequence
from math import isclose

from xaivision.core.examples import Examples
from xaivision.report.wording import number, plain

# Of the sum of sizes, what rounding in float32 may leave.
ROUNDING = 1e-5


def example_lines(examples: Examples, index: int, most: int) -> tuple[str, ...]:
    """A line for each of the first `most` examples, best first."""
    shown = range(min(most, examples.examples.shape[1]))
    return tuple(f"{_which(examples, index, rank)}: {_how(examples, index, rank)}" for rank in shown)


def likeness_words(examples: Examples, index: int, rank: int) -> tuple[str, ...]:
    """`similarity 0.914`, and what it adds to the score, or how much the example stands for."""
    alike = _alike(examples, float(examples.similarity[index, rank]))
    if examples.weights is None:
        return (alike,)
    weight = number(float(examples.weights[index, rank]))
    if examples.contributions is None:
        return alike, f"weight {weight}"
    added = added_words(float(examples.contributions[index, rank]))
    # Where components speak by their absence too, a contribution is more than a product.
    product = float(examples.weights[index, rank]) * float(examples.similarity[index, rank])
    plain_product = isclose(product, float(examples.contributions[index, rank]), rel_tol=1e-3, abs_tol=1e-6)
    return alike, f"times weight {weight} {added}" if plain_product else f"weight {weight}, {added}"


def _alike(examples: Examples, similarity: float) -> str:
    """`similarity 0.914`; of a likeness that is minus a distance, `distance 3.2`."""
    return f"distance {number(-similarity)}" if tells_distances(examples) else f"similarity {number(similarity)}"


def tells_distances(examples: Examples) -> bool:
    """Whether the similarity is minus a distance."""
    return examples.weights is None and not bool((examples.similarity > 0).any())


def rank_words(examples: Examples, index: int, rank: int) -> str:
    """`training row 7 adds +0.35`, `takes` where it speaks against; of examples that add nothing, how alike they are."""
    source = int(examples.indices[index, rank])
    if examples.contributions is None:
        return f"example {source}: {likeness_words(examples, index, rank)[0]}"
    what = "training row" if examples.boxes is None else "training picture"
    return f"{what} {source} {added_words(float(examples.contributions[index, rank]))}"


def added_words(contribution: float) -> str:
    """`adds 0.350`; `takes 0.120`, where it speaks against."""
    return f"takes {number(-contribution)}" if contribution < 0 else f"adds {number(contribution)}"


def score_words(examples: Examples, index: int, rank: int) -> tuple[str, ...]:
    """`logit of cat: 2.10`, of the example itself; nothing where it was not asked."""
    if examples.example_scores is None:
        return ()
    target = plain(examples.query.target_names()[index])
    return (f"{examples.query.unit} of {target}: {number(float(examples.example_scores[index, rank]))}",)


def sum_words(examples: Examples, index: int, shown: int) -> tuple[str, ...]:
    """What the first `shown` examples add to the score together, and what all else adds; nothing where they add nothing."""
    if examples.contributions is None:
        return ()
    added = float(examples.contributions[index, :shown].double().sum())
    others = float(examples.query.scores[index]) - added
    # Sums of float32 are no nearer to each other than this.
    exact = ROUNDING * float(examples.contributions[index].abs().double().sum())
    rest = 0.0 if abs(others) <= exact else others
    return (f"The examples shown add {number(added)} to the {examples.query.unit}, all else {number(rest)}.",)


def _which(examples: Examples, index: int, rank: int) -> str:
    """`example 7`; of what a model decides by, `training row 7`, of pictures with the places that are alike."""
    source = int(examples.indices[index, rank])
    if examples.contributions is None:
        return f"example {source}"
    if examples.boxes is None or examples.example_boxes is None:
        return f"training row {source}"
    there, here = (_box_words(boxes[index, rank].tolist()) for boxes in (examples.example_boxes, examples.boxes))
    return f"training picture {source} at {there} is like this one at {here}"


def _box_words(box: Sequence[int]) -> str:
    """`rows 32 to 63, columns 0 to 31`: the first and the last inside."""
    top, left, bottom, right = box
    return f"rows {top} to {bottom - 1}, columns {left} to {right - 1}"


def _how(examples: Examples, index: int, rank: int) -> str:
    alike, *adds = likeness_words(examples, index, rank)
    joined = f"{alike} {adds[0]}" if adds and adds[0].startswith("times") else ", ".join([alike, *adds])
    return ", ".join([joined, *score_words(examples, index, rank)])
