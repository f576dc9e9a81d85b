"""Whether an explanation comes from the method that is asked again."""

from xaivision.core.attribution import Attribution
from xaivision.core.errors import InputError
from xaivision.core.origin import plain_settings
from xaivision.core.protocols import Explainer


def check_same(explainer: Explainer, explanation: Attribution) -> None:
    """Raises: InputError, where another method answered, or the same with other settings: those differ by themselves."""
    asked = (explainer.about.name, plain_settings(explainer))
    answered = (explanation.origin.method, dict(explanation.origin.settings))
    if asked != answered:
        raise InputError(
            f"`explanation` must come from the explainer that is checked, `{asked[0]}` with {asked[1]}. "
            f"Got one of `{answered[0]}` with {answered[1]}."
        )
