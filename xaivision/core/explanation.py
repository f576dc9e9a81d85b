"""What every explanation shares: what was asked, who answered, how well, and whether to believe it."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from xaivision.core.diagnostics import Diagnostics
from xaivision.core.errors import CapabilityError
from xaivision.core.origin import Origin
from xaivision.core.presenting import Presentable
from xaivision.core.query import Query
from xaivision.core.verdict import Verdict, joined, judged

if TYPE_CHECKING:
    from xaivision.core.attribution import Attribution


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Presentable):
    """Parent of the six results: `Attribution`, `Examples`, `Counterfactuals`, `Rules`, `ConceptScores`, `Narrative`."""

    query: Query
    origin: Origin
    diagnostics: Diagnostics

    @property
    def method(self) -> str:
        """Registry name of the method that answered."""
        return self.origin.method

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One verdict for each input."""
        return judged(None, self.query.scores, self.diagnostics)

    @property
    def verdict(self) -> Verdict:
        """One verdict for the batch: its severest, with every reason."""
        return joined(self.verdicts)

    @abstractmethod
    def as_attribution(self) -> "Attribution":
        """An attribution that says the same, where that has a meaning.

        Raises: CapabilityError, where it has none.
        """

    def _in_short(self) -> tuple[str, ...]:
        return (self.method, *self._content(), f"verdict {self.verdict.status}")

    def _content(self) -> tuple[str, ...]:
        """What the answer is made of, in a few words for the one line."""
        return ()

    def _no_attribution(self, why: str) -> CapabilityError:
        return CapabilityError(f"`{self.method}` cannot be read as an attribution: {why}.")
