"""Every suite by name."""

from collections.abc import Mapping, Sequence

from xaivision.core.errors import UnknownNameError
from xaivision.evaluation.known_answers.suite import Suite
from xaivision.evaluation.known_answers.suites.built_suite import BUILT
from xaivision.evaluation.known_answers.suites.grid_suite import DISCONNECTED, GRIDS
from xaivision.evaluation.known_answers.suites.input_gradients import BLOCKS
from xaivision.evaluation.known_answers.suites.object_suite import OBJECTS
from xaivision.evaluation.known_answers.suites.table_suite import TABLES
from xaivision.evaluation.known_answers.suites.tetromino_suite import TETROMINOES

# The cheap ones first.
EVERY = (TABLES, BUILT, GRIDS, DISCONNECTED, OBJECTS, BLOCKS, TETROMINOES)
SUITES: Mapping[str, Suite] = {one.name: one for one in EVERY}


def suites(names: Sequence[str] | None = None) -> tuple[Suite, ...]:
    """The named suites in the registry's order; all where None.

    Raises: UnknownNameError.
    """
    for name in names or ():
        if name not in SUITES:
            raise UnknownNameError("suite", name, SUITES)
    return tuple(one for name, one in SUITES.items() if names is None or name in names)
