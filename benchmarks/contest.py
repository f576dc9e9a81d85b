"""One contest: ours, the peers and the limit on one photo and one model, as a table of ratios."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.peers import Peer
from benchmarks.timing import Work, interleaved, ratios
from xaivision.core.heap import give_back_heap, kept_heap
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.facade import load_sample_images
from xaivision.models.registry import load_model

RESULTS = Path(__file__).resolve().parent / "results"
LIMIT = "the model's own passes"
OURS = "xaivision"
COLD = "xaivision, after a pause"  # in a process of its own, the memory given back before


@dataclass(frozen=True)
class Contest:
    """What is measured, why, and the goal."""

    name: str
    title: str
    what: str
    goal: str


def photo_and_model() -> tuple[Tensor, TorchClassifier]:
    model = load_model("efficientnet_lite0")
    assert isinstance(model, TorchClassifier)
    return load_sample_images(["chelsea"], model), model


def hold(
    contest: Contest, contestants: Mapping[str, Work | Peer], rounds: int, first: Mapping[str, Work] | None = None
) -> list[list[object]]:
    """Run the contest, print its table, and return its rows; written for the docs where there is more than one round.

    `first`: the shorter work that some of them do before anything is measured.

    Peers are given as `Peer`: each runs in a process of its own, on the allocator as its users have it. Here the freed heap
    is kept all the time: else who comes first after a peer would pay for touching the memory that the next one finds.
    """
    try:
        with kept_heap():
            seconds = interleaved(contestants, rounds, first)
    finally:
        for contestant in contestants.values():
            if isinstance(contestant, Peer):
                contestant.close()
    to_ours = ratios(seconds, OURS) if OURS in seconds else {}
    rows: list[list[object]] = []
    for name, (least, middle, most) in ratios(seconds, LIMIT).items():
        slower = f"{to_ours[name][1]:.2f}" if name in to_ours else ""
        rows.append([name, f"{middle:.2f}", f"{least:.2f} to {most:.2f}", slower])
        print(f"{contest.name}: {name}: {middle:.2f} ({least:.2f} to {most:.2f}) of the limit, {slower} of ours", flush=True)
    if rounds > 1:
        write(contest, ["contestant", "median ratio", "range", "times our time"], rows)
    return rows


def after_a_pause(work: Work) -> Work:
    """The same when no explanation has run for a while: its memory is touched anew, as by the first of a session."""

    def cold() -> None:
        give_back_heap()
        work()

    return cold


def write(contest: Contest, columns: list[str], rows: list[list[object]]) -> None:
    found = {
        "title": contest.title,
        "what": contest.what,
        "goal": contest.goal,
        "columns": columns,
        "rows": rows,
        "machine": machine(),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{contest.name}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def machine() -> str:
    return f"{processor()}, {os.cpu_count()} cores, one thread, CPU time, torch {torch.__version__}"


def processor() -> str:
    """The processor's name as Linux tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
