"""What is proven of an input, in words: how far it may move before its class changes."""

from xaivision.models.prototypes.certifying import Certificate
from xaivision.report.wording import number

# What the space of a certificate is called in a sentence.
SPACES = {
    "standardized columns": "standardized columns (L2 norm)",
    "patches of the encoder": "the space of the encoder's patches, which says nothing of pixels,",
}


def radius_words(certificate: Certificate | None, index: int) -> tuple[str, ...]:
    """A sentence on one input; nothing where there is no certificate."""
    if certificate is None:
        return ()
    radius, where = float(certificate.radii[index]), certificate.space
    if radius <= 0:
        return (f"No move is proven to leave its class as it is (radius {number(radius)}).",)
    return (f"Proven: no move shorter than {number(radius)} in {SPACES.get(where, where)} changes its class.",)
