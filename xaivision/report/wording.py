"""Numbers and foreign text as a reader sees them. Class, feature and file names come from anywhere and are never trusted."""

import math
import unicodedata
from collections.abc import Sequence

from torch import Tensor

from xaivision.core.diagnostics import Diagnostics
from xaivision.core.machine import crowded
from xaivision.core.origin import Origin
from xaivision.core.query import Query
from xaivision.core.rules import Condition, Rule

UNDEFINED = "undefined"
MINUS = "\N{MINUS SIGN}"
# Of what is left out so many are named.
MOST_NAMED = 20
# They reorder the text around them, so a name could make a report say something else.
BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def plain(text: object) -> str:
    """One line of text: line breaks become spaces, other control characters (terminal escapes among them) a visible mark."""
    return "".join(_plain_character(character) for character in str(text))


def method_name(origin: Origin) -> str:
    """The registry name; for a method that asks a class of another package, with the name of that class."""
    inner = origin.settings.get("method")
    return f"{origin.method} {inner}" if isinstance(inner, str) else origin.method


def number(value: float, digits: int = 3) -> str:
    """The value with this many significant digits; `undefined` for NaN."""
    if math.isnan(value):
        return UNDEFINED
    if math.isinf(value):
        return "infinite" if value > 0 else f"{MINUS}infinite"
    if value == 0:
        return "0"
    text = f"{value:.{digits - 1}e}"
    if 1e-4 <= abs(value) < 10**6:
        text = f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return text.replace("-", MINUS, 1) if value < 0 else text


def signed(value: float, digits: int = 3) -> str:
    """`number` with a plus where it is positive."""
    return f"+{number(value, digits)}" if value > 0 else number(value, digits)


def counted(count: int, noun: str) -> str:
    """`1 model call`, `64 model calls`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def cost(diagnostics: Diagnostics) -> str:
    """What an explanation cost, on one line; without the time where that is NaN."""
    asked = ((diagnostics.model_calls, "model call"), (diagnostics.gradient_calls, "gradient call"))
    calls = [counted(count, noun) for count, noun in asked if count] or ["no model calls"]
    busy = f" on a busy machine ({diagnostics.load:.1f} processes a core)" if crowded(diagnostics.load) else ""
    return ", ".join(calls if math.isnan(diagnostics.seconds) else [*calls, duration(diagnostics.seconds) + busy])


def duration(seconds: float) -> str:
    """`0.31 ms`, `77 ms`, `3.28 s`."""
    if not math.isfinite(seconds) or seconds >= 1 or seconds == 0:
        return f"{number(seconds)} s"
    return f"{number(1000 * seconds, 2)} ms"


def headline(query: Query, index: int) -> str:
    """The class that is explained, the one it is held against, and the explained score, for one input."""
    name = plain(query.target_names()[index])
    if (rivals := query.against_names()) is not None:
        name = f"{name} rather than {plain(rivals[index])}"
    facts = [] if query.unit == "probability" else [f"{query.unit} {number(float(query.scores[index]), 4)}"]
    if query.probabilities is not None:
        facts = [_probability(query, query.probabilities, index), *facts]
    return f"{name} ({', '.join(facts)})"


def _probability(query: Query, probabilities: Tensor, index: int) -> str:
    """`probability 0.930`; beside it what all classes' sum to, where that is not 1: 0.04 may be nearly all there is."""
    if query.probability_sums is None:
        return f"probability {float(probabilities[index]):.3f}"
    own, total = (number(float(part[index])) for part in (probabilities, query.probability_sums))
    return f"probability {own}, those of all classes sum to {total}"


def place(query: Query, index: int) -> list[str]:
    """`Input 0 of 4`, as a list of lines; empty where there is one input only."""
    return [f"Input {index} of {len(query)}"] if len(query) > 1 else []


def whose_cost(query: Query) -> list[str]:
    """That calls and times are those of the whole batch, as a list of sentences; empty where there is one input only."""
    return [f"Calls and times are those of all {len(query)} inputs together."] if len(query) > 1 else []


def feature_names(query: Query, count: int) -> tuple[str, ...]:
    """A name for each column of a table."""
    return tuple(map(plain, query.feature_names)) or tuple(f"feature {column}" for column in range(count))


def and_more(names: Sequence[str], noun: str) -> str:
    """`and 3 more changes: age, income and sex`; of very many the first are named."""
    left = len(names) - MOST_NAMED
    others = [f"{left:,} other{'s' * (left > 1)}"] if left > 0 else []
    return f"and {len(names):,} more {noun}{'s' * (len(names) > 1)}: {listed([*names[:MOST_NAMED], *others])}"


def rule_text(rule: Rule, names: Sequence[str]) -> str:
    """`if mean radius > 14.2 and 0.1 < texture ≤ 3`."""
    return f"if {listed([condition_text(condition, names) for condition in rule.conditions])}" if rule.conditions else "always"


def condition_text(condition: Condition, names: Sequence[str]) -> str:
    """`0.1 < texture ≤ 3`; an open side is left out."""
    name = names[condition.feature] if condition.feature < len(names) else f"feature {condition.feature}"
    if condition.high is None:
        return name if condition.low is None else f"{name} > {number(condition.low, 4)}"
    below = f"{name} ≤ {number(condition.high, 4)}"
    return below if condition.low is None else f"{number(condition.low, 4)} < {below}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _plain_character(character: str) -> str:
    if character in "\n\r\t\v\f\x85\u2028\u2029":
        return " "
    if character in BIDIRECTIONAL or unicodedata.category(character) in ("Cc", "Cs"):
        return "\N{REPLACEMENT CHARACTER}"
    return character
