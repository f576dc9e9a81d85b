"""The sheets that people fill in, by hand or by the pages: a line for each answer, and what is wrong with one in one sentence."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from xaivision.core.errors import InputError
from xaivision.evaluation.simulatability.key import Key

COLUMNS = ("study", "user", "phase", "item", "answer")
RATING, RATINGS = "rating", range(1, 8)
PHASES = ("before", "after")


class Place(NamedTuple):
    """Where an answer belongs: whose it is, in which phase, and which of the user's questions from 1 on."""

    user: str
    phase: str
    item: int


def blank_sheet(key: Key, user: str) -> str:
    """A line without an answer for each question to one user, in the order of their pages."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for phase, count in _counts(key).items():
        writer.writerows((key.study, user, phase, item, "") for item in range(1, count + 1))
    return text.getvalue()


def read_sheets(key: Key, sheets: Iterable[Path]) -> dict[Place, str]:
    """What was answered where; lines without an answer are left out.

    Raises: InputError, where a line is of another study, no question of it, no answer to it, or answers it a second time.
    """
    answers: dict[Place, str] = {}
    for sheet in sheets:
        for number, place, answer in _lines(key, sheet):
            if place in answers:
                raise InputError(
                    f"{place.phase.capitalize()} {place.item} of {place.user} must be answered once. Line {number} of "
                    f"{sheet.name} answers it a second time. Leave one of the answers out."
                )
            answers[place] = answer
    return answers


def _lines(key: Key, sheet: Path) -> Iterator[tuple[int, Place, str]]:
    try:
        text = sheet.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{sheet}` must be a sheet of the study, a CSV file in UTF-8. It cannot be read as one.") from error
    head = text.partition("\n")[0]
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",")  # as some spreadsheets save it
    if not set(COLUMNS) <= set(lines.fieldnames or ()):
        raise InputError(f"{sheet.name} must have the columns {', '.join(COLUMNS)}. Its first line is {head.strip()!r}.")
    for number, row in enumerate(lines, 2):
        study, user, phase, item, answer = ((row.get(name) or "").strip() for name in COLUMNS)
        if not answer:
            continue
        where = f"Line {number} of {sheet.name}"
        if study != key.study:
            raise InputError(f"{where} must be of the study {key.study}. Got {study!r}. It belongs to another key.")
        yield number, *_checked(key, where, Place(user, phase, int(item) if item.isdecimal() else 0), answer)


def _checked(key: Key, where: str, place: Place, answer: str) -> tuple[Place, str]:
    count = _counts(key).get(place.phase, 0)
    if place.user not in key.users or not 1 <= place.item <= count:
        phases = ", ".join(f"{phase} (1 to {most})" for phase, most in _counts(key).items())
        raise InputError(f"{where} must name a user of the study, and a phase with an item of it: {phases}. Got {tuple(place)}.")
    known = {choice.strip(): choice for choice in allowed(key, place)}
    if answer not in known:
        raise InputError(f"{where} must answer one of: {', '.join(known)}. Got {answer!r}.")
    return place, known[answer]


def allowed(key: Key, place: Place) -> tuple[str, ...]:
    """The answers to one question."""
    if place.phase == RATING:
        return tuple(map(str, RATINGS))
    return key.items[key.users[place.user].order[place.item - 1]].choices


def _counts(key: Key) -> dict[str, int]:
    """The phases in their order, with how many questions each has."""
    rated = {RATING: len(key.explained)} if key.task == "forward" else {}
    return {"before": len(key.items), **rated, "after": len(key.items)}
