"""The shortcut report in sentences: what was found, how sure, what a model makes of it, what was not testable."""

from math import isnan
from typing import TYPE_CHECKING

from xaivision.core.bootstrap import Interval
from xaivision.evaluation.shortcuts.finding import Finding
from xaivision.evaluation.shortcuts.mass import MassShare
from xaivision.evaluation.shortcuts.search import TOGETHER
from xaivision.evaluation.shortcuts.use import Misled, ModelUse, Removed
from xaivision.models.learned_inputs import has_learned

if TYPE_CHECKING:
    from xaivision.evaluation.shortcuts.report import ShortcutReport

# More pairs of classes than this are counted, not listed; recalls are listed of so many classes.
MOST_PAIRS = 3
# What fewer pictures say is not worth a sentence on a model.
FEWEST = 10


def sentences(report: "ShortcutReport") -> tuple[str, ...]:
    """All of it, the most important first."""
    said = [_headline(report)]
    said += [finding_sentence(one) for one in report.found if one.probe != TOGETHER]
    said += [_together(one) for one in report.findings if one.probe == TOGETHER]
    if report.model:
        said += _of_model(report)
    said += _not_testable(report)
    said += [report.left_out] if report.left_out else []
    said.append(
        "Following from a property is no proof that a model goes by it, and properties that no probe measures, such as depth, "
        "date or the place of the object in the picture, may tell the class as well."
    )
    return tuple(said)


def summary_sentences(report: "ShortcutReport") -> tuple[str, ...]:
    """Without what is said of single properties: for a page that says it beside their numbers."""
    single = {finding_sentence(one) for one in report.found if one.probe != TOGETHER} | {
        said for use in report.uses for said in use_sentences(use)
    }
    return tuple(said for said in sentences(report) if said not in single)


def finding_sentence(one: Finding) -> str:
    """What the class follows from, with the number, its interval, chance, and the classes that it tells."""
    verb = "nearly decided" if one.strength == "decides" else "told better than by chance"
    if one.probe == TOGETHER:
        return _together(one)
    classes = "" if not one.apart else f" It tells {_pairs(one.apart)} apart."
    trait = "" if not one.ranges else f" What differs most is {one.telling}: {_ranges(one)}."
    return (
        f"{_name(one.probe).capitalize()} alone ({one.asks}): the class is {verb}, balanced accuracy {one.accuracy:.2f} "
        f"{_bounds(one.interval)}, where chance has {one.chance:.2f} (p {_p(one.p)}).{classes}{trait} {one.caution}"
    )


def use_sentences(use: ModelUse) -> tuple[str, ...]:
    """What the model makes of one property."""
    name = _name(use.probe)
    said = [_misled(name, use.misled)] if use.misled.pictures >= FEWEST else []
    if use.removed is not None and use.removed.pictures >= FEWEST:
        said.append(_removed(name, use.removed))
    elif use.why:
        said.append(f"What the model does without {name} was not tested: {use.why}.")
    if use.masses:
        said.append(_masses(f"on {name}", use.masses))
    return tuple(said)


def _headline(report: "ShortcutReport") -> str:
    names = [_name(one.probe) for one in report.found if one.probe != TOGETHER]
    tested = [one for one in report.findings if one.strength != "untested" and one.probe != TOGETHER]
    where = f"{report.pictures} pictures of {len(report.counts)} classes"
    if not names:
        return f"Nothing was found: on {where}, none of {len(tested)} properties beside the object tells the class."
    deciding = [_name(one.probe) for one in report.found if one.strength == "decides" and one.probe != TOGETHER]
    more = f" It is nearly decided by {_listed(deciding)}{' each' if len(deciding) > 1 else ''}." if deciding else ""
    return f"On {where}, the class follows from {_listed(names)}, without a look at the object.{more}"


def _together(one: Finding) -> str:
    if not one.found:
        return f"All properties together tell nothing: balanced accuracy {one.accuracy:.2f} {_bounds(one.interval)}."
    return (
        f"All properties together give a balanced accuracy of {one.accuracy:.2f} {_bounds(one.interval)}: a classifier can be "
        "that good without a look at the object, so that a score near it says nothing of what was looked at."
    )


def _of_model(report: "ShortcutReport") -> list[str]:
    said = [f"The model is right on {report.model_accuracy:.0%} of {report.asked} test pictures, balanced over the classes."]
    if report.learned:
        held = has_learned(f"at least {report.learned} of these pictures")
        said.append(f"It {held}. Ask it about pictures that it has not learned from.")
    for use in report.uses:
        said += use_sentences(use)
    if report.on_target:
        said.append(_masses("on the target", report.on_target))
    elif not report.masked:
        said.append("How much of an explanation lies on the target was not testable: there are no masks of targets.")
    said += [f"{name} did not answer: {why}" for name, why in report.refusals.items()]
    return said


def _misled(name: str, misled: Misled) -> str:
    return (
        f"Where {name} would name another class ({misled.pictures} pictures), the model is right on {misled.accuracy:.0%} "
        f"{_bounds(misled.interval)} and says that other class on {misled.followed:.0%}; on the other {misled.others} it is "
        f"right on {misled.accuracy_of_others:.0%}. Such pictures may be hard for other reasons too."
    )


def _removed(name: str, removed: Removed) -> str:
    change = (
        f"Without {name} ({removed.pictures} pictures, {removed.area:.0%} of each changed) the model is right on "
        f"{removed.after:.0%} instead of {removed.before:.0%}, a fall of {removed.before - removed.after:.2f} "
        f"{_bounds(removed.drop)}"
    )
    if isnan(removed.elsewhere):
        return f"{change}. There is no control for a change of the whole picture."
    if removed.drop_beyond[0] > 0:
        verdict = "the model goes by it"
    elif removed.drop[0] > 0:
        verdict = "what falls is not clearly more than any such change costs"
    else:
        verdict = "that shows no use of it"
    return f"{change}; with as much changed elsewhere it is right on {removed.elsewhere:.0%}: {verdict}."


def _masses(where: str, masses: tuple[MassShare, ...]) -> str:
    told = [f"{one.method} {one.mass:.2f} {_bounds(one.interval)}" for one in masses if not one.control]
    controls = [f"{one.method} {one.mass:.2f}" for one in masses if one.control]
    area = masses[0].area
    best = max((one.mass for one in masses if one.control), default=area)
    above = [one.method for one in masses if not one.control and one.interval[0] > best]
    verdict = f" Clearly more there than any control: {_listed(above)}." if above else ""
    return (
        f"Of the positive relevance for the predicted class lies {where}, which is {area:.0%} of the area on "
        f"{masses[0].pictures} pictures: {', '.join(told) or 'no method answered'}; controls: {', '.join(controls)}.{verdict}"
    )


def _not_testable(report: "ShortcutReport") -> list[str]:
    said = [f"Not testable: {_name(one.probe)}, since {one.why}." for one in report.findings if one.strength == "untested"]
    nothing = [one for one in report.findings if one.strength == "nothing" and one.probe != TOGETHER]
    silent, same = ([_name(one.probe) for one in nothing if bool(one.why) == constant] for constant in (False, True))
    said += [f"The same in all pictures, and so no shortcut: {_listed(same)}."] if same else []
    return said + ([f"Tested, and nothing found: {_listed(silent)}."] if silent else [])


def _name(probe: str) -> str:
    return {
        "frame": "the frame",
        "file": "the file",
        "border": "the border",
        "empty_area": "the empty area",
        "marks": "burnt-in marks",
        "grain": "the grain",
    }.get(probe, probe.replace("_", " "))


def _pairs(apart: tuple[tuple[str, str, float], ...]) -> str:
    listed = [f"{one} and {other} ({area:.2f})" for one, other, area in apart[:MOST_PAIRS]]
    more = len(apart) - MOST_PAIRS
    return _listed([*listed, *([f"{more} more pairs"] if more > 0 else [])])


def _ranges(one: Finding) -> str:
    return ", ".join(f"{part.name} {_number(part.median)} ({_number(part.low)} to {_number(part.high)})" for part in one.ranges)


def _number(value: float) -> str:
    return "unknown" if isnan(value) else f"{value:.3g}"


def _bounds(interval: Interval) -> str:
    return "" if isnan(interval[0]) else f"[{interval[0]:.2f}, {interval[1]:.2f}]"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "below 0.001"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"
