"""Do input gradients highlight discriminative features? Block pictures, the one-hot problem, and DiffROAR on digits, of standard
and of adversarially robust networks.

Source: Shah, Jain, Netrapalli, 2021, arXiv:2102.12781.
"""

from collections.abc import Sequence
from functools import partial

from xaivision.data.known_answers.block_digits import Position
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Studying, Suite
from xaivision.evaluation.known_answers.suites.diffroar_study import diffroar_study
from xaivision.evaluation.known_answers.suites.given import given_of
from xaivision.evaluation.known_answers.suites.leakage_study import ATTACKS, block_model, leakage_study
from xaivision.evaluation.known_answers.suites.one_hot_study import one_hot_study
from xaivision.evaluation.known_answers.suites.robust_networks import SOURCE, STANDARD


def _block_questions(position: Position, size: Size, seed: int) -> list[KnownQuestion]:
    lessons = [STANDARD] if position == "top" else [*ATTACKS][:2]
    made = {lesson: block_model(position, "cnn", lesson, seed) for lesson in lessons}
    known = made[lessons[0]][0]
    return questions_of(known, {f"{lesson} cnn": model for lesson, (_, model) in made.items()}, INPUTS[size], given_of(known))


def _askings(size: Size, seed: int) -> Sequence[Asking]:
    positions: tuple[Position, ...] = ("random",) if size == "quick" else ("random", "top")
    return [Asking(f"blocks {position}", partial(_block_questions, position, size, seed)) for position in positions]


def _studies(size: Size, seed: int) -> Sequence[Studying]:
    return [
        Studying("one hot", partial(one_hot_study, size, seed)),
        Studying("leakage", partial(leakage_study, size, seed)),
        Studying("diffroar", partial(diffroar_study, size, seed)),
    ]


BLOCKS = Suite(
    "blocks",
    "Block pictures: a digit that decides the class, and a shape that never changes; with DiffROAR and the one-hot problem",
    f"Do input gradients highlight discriminative features? {SOURCE}",
    "association",
    _askings,
    _studies,
)
