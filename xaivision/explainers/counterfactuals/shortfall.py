"""Why fewer counterfactuals of a row were found than asked for, and which wish to loosen."""

from math import floor

from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.rows_in_words import class_words


def shortfall(scene: Scene, index: int, count: int) -> str:
    """Why `count` were found of one input, fewer than asked for; empty where none is missing."""
    if not count:
        return none_found(scene, index)
    if count >= scene.wishes.total_CFs:
        return ""
    more = _missed(scene, index, "more tries") or f"no other row that was tried reaches {_goal(scene, index)}"
    return f"{count} of {scene.wishes.total_CFs} counterfactuals were found: {more}"


def none_found(scene: Scene, index: int, tried: str = "no row that was tried within what may change") -> str:
    """Why none was found of one input; `tried` is what was, where it is something else."""
    goal = _goal(scene, index)
    if int(scene.goals[index]) == int(scene.predicted[index]):
        return f"nothing has to change: the prediction is {goal} already"
    if not len(scene.rooms.each[index]):
        return f"not found: {_no_room(scene)}"
    if not int(scene.answers.misses.tried[index]):
        return f"not found: {_no_try(scene, index)}"
    if len(barred := scene.hunts.found(index).costs) and bool(barred.isinf().all()):
        return f"not found: all {len(barred):,} rows that reach {goal} cost inf by `cost`, which forbids them"
    over = " in the time there was" if scene.answers.over else ""
    missed = _missed(scene, index, f"of {int(scene.answers.misses.tried[index]):,} tries")
    return f"not found: {missed or f'{tried}{over} is predicted as {goal}{_more_tries(scene)}'}"


def _more_tries(scene: Scene) -> str:
    """What else may find one, where a method has tried so many drawn rows."""
    size = getattr(scene.wishes, "sample_size", None)
    if size is None or scene.answers.over:
        return ""
    return f"; a `sample_size` above {size:,}, or another method such as `genetic_counterfactuals`, may find one"


def _goal(scene: Scene, index: int) -> str:
    return class_words(scene.q.query, int(scene.goals[index]))


def _no_room(scene: Scene) -> str:
    if bool(scene.space.free.any()):
        return "within the ranges, categories and directions no column that may change has another value to take"
    return "every feature is frozen, so nothing may change"


def _no_try(scene: Scene, index: int) -> str:
    """Why a method that tries known rows only has tried none."""
    goal, wanted = _goal(scene, index), int(scene.goals[index])
    if scene.answers.over:
        return "time was over before a row was tried"
    scores = scene.background_scores
    known = scores[scores.argmax(1) == wanted]
    if not len(known):
        return f"no row of the background is predicted as {goal}, and this method tries no others"
    rows = f"row of the background predicted as {goal}"
    if not bool(scene.wished(wanted).any()):
        return f"no {rows} has the probability asked for: lower `stopping_threshold`, now {scene.wishes.stopping_threshold}"
    return f"no path within what may change leads to a {rows}, and this method tries no others"


def _missed(scene: Scene, index: int, tries: str) -> str:
    """What was decided as wished and fell short of a wish beside that; empty where nothing did."""
    misses, wishes = scene.answers.misses, scene.wishes
    unsure, unmet = int(misses.unsure[index]), [(int(counts[index]), text) for text, counts in misses.unmet.items()]
    all_ = unsure + sum(count for count, _ in unmet)
    if not all_:
        return ""
    surest = floor(1000 * float(misses.surest[index])) / 1000  # never rounded up to what is asked for
    told = [
        (unsure, f"too low a probability, at most {surest:g} (lower `stopping_threshold`, now {wishes.stopping_threshold})"),
        *unmet,
    ]
    mine = [(count, text) for count, text in told if count]
    verb = "is" if all_ == 1 else "are"
    clauses = [f"{f'{count:,}' if len(mine) > 1 else 'all'} with {text}" for count, text in mine]
    return f"{all_:,} {tries} {verb} predicted as {_goal(scene, index)}, but {' and '.join(clauses)}"
