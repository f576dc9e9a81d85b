"""A narrative as plain values: what every explanation tells, and the record of each picture's stages."""

from collections.abc import Sequence
from typing import Any

from xaivision.core.narrative import Narrative
from xaivision.report.summary import explanation_summary, plain_value


def narrative_summary(told: Narrative, titles: Sequence[str] = ()) -> dict[str, Any]:
    """As `explanation_summary`, and under "evidence" a record for each picture.

    Raises: as `explanation_summary`.
    """
    return {**explanation_summary(told, titles), "evidence": [plain_value(record) for record in told.evidence]}
