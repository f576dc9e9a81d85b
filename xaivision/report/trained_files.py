"""The card of a trained classifier as files beside its weights."""

import json
from pathlib import Path

from xaivision.core.whole_file import write_whole
from xaivision.models.learned_card import LearnedCard
from xaivision.report.figure import png
from xaivision.report.trained_figure import trained_figure

NAME = "model_card"


def write_trained_card(card: LearnedCard, folder: str | Path) -> list[Path]:
    """Paths of model_card.md, which a person reads, of model_card.json, which holds the same, and of the picture in the first.

    Raises: FileNotFoundError, where the folder does not exist; OSError, where it cannot be written.
    """
    folder = Path(folder)
    plain = json.dumps(card.plain(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return [
        write_whole(folder / f"{NAME}.md", card.markdown(f"{NAME}.png").encode()),
        write_whole(folder / f"{NAME}.json", plain.encode()),
        write_whole(folder / f"{NAME}.png", png(trained_figure(card))),
    ]
