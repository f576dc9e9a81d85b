"""Captions without a language model: sentences around measured numbers."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.content_descriptor import content_likeness
from xaivision.engines.echo_traits import EchoTraits, echo_traits
from xaivision.engines.region_traits import RegionTraits, region_traits
from xaivision.explainers.narratives.captions import WORDINGS, Caption, Wording, WordScore
from xaivision.explainers.narratives.region_words import color_words, contrast_words, extent_words, percent, place_words

# Of a region, from which on it is called what it holds.
SOME_ECHO, MOSTLY_SHADOW, ITS_SHADOW = 0.1, 0.5, 0.25
# For the side of the shadow: where it lies, and where the sonar was.
SHADOWS = {
    "left": ("on its left", "on the right"),
    "right": ("on its right", "on the left"),
    "above": ("above it", "at the bottom"),
    "below": ("below it", "at the top"),
}


@dataclass(frozen=True)
class TemplateCaptioner:
    """Place, size and colors of the region; in the `wording` of "sonar" highlight, shadow and range.

    It says what can be measured and recognizes nothing, so it cannot contradict the model. With `label_in_prompt` it calls
    the region by the label: the prompt is how its words begin.
    """

    wording: Wording = "photo"
    label_in_prompt: bool = False

    def __post_init__(self) -> None:
        if self.wording not in WORDINGS:
            raise InputError(f"`wording` must be one of {', '.join(map(repr, WORDINGS))}. Got {self.wording!r}.")

    @property
    def name(self) -> str:
        return "template"

    @property
    def measures(self) -> bool:
        return True

    @property
    def word_score(self) -> WordScore:
        return "similarity"

    def caption(self, image: Tensor, mask: Tensor, label: str | None) -> Caption:
        """Two sentences or three; the mask must mark something."""
        named = f"What is labeled {label}" if self.label_in_prompt and label is not None else ""
        called, traits = named or "The outlined region", region_traits(image, mask)
        text = _sonar_text(called, traits, echo_traits(image, mask)) if self.wording == "sonar" else _photo_text(called, traits)
        return Caption(text, named, self.label_in_prompt)

    def word_scores(self, _caption: Caption, image: Tensor, versions: Tensor, mask: Tensor) -> Tensor:
        """(n, 1): how alike what the words are made of still is, since no model says how likely they are."""
        return content_likeness(versions, image, mask)[:, None]


def _photo_text(called: str, traits: RegionTraits) -> str:
    looks = [f"It is {color_words(traits)}", contrast_words(traits)]
    return f"{called} {extent_words(traits)}. {', and '.join(filter(None, looks))}."


def _sonar_text(called: str, traits: RegionTraits, echo: EchoTraits) -> str:
    pieces = f" in {traits.pieces} pieces" if traits.pieces > 1 else ""
    covers = f"covers {percent(traits.area)} of the picture{pieces}"
    return f"{called} {_echo_words(echo)}. It {_range_words(traits, echo)} and {covers}."


def _echo_words(echo: EchoTraits) -> str:
    if echo.bright < SOME_ECHO and echo.dark >= MOSTLY_SHADOW:
        return "is mostly acoustic shadow, where no echo comes back"
    if echo.bright < SOME_ECHO:
        return "holds no highlight: it is about as bright as the seabed" + _shadow_words(echo)
    bright = f"a highlight, up to {echo.highlight:.1f} times as bright as the seabed"
    if echo.shadow and echo.dark >= ITS_SHADOW:
        lies, sonar = SHADOWS[echo.shadow]
        return f"holds {bright}, and the acoustic shadow {lies}, away from a sonar {sonar}"
    return f"is {bright}" + _shadow_words(echo)


def _shadow_words(echo: EchoTraits) -> str:
    """On which side the shadow falls, and what that says of the sonar."""
    if not echo.shadow:
        return ", without a clear shadow beside it" if echo.bright >= SOME_ECHO else ""
    lies, sonar = SHADOWS[echo.shadow]
    return f", with an acoustic shadow {lies}, away from a sonar {sonar}"


def _range_words(traits: RegionTraits, echo: EchoTraits) -> str:
    if echo.shadow:
        return f"lies at {percent(echo.reach)} of the range shown"
    return f"lies {'mostly ' if traits.pieces > 1 else ''}{place_words(traits.row, traits.column)}"
