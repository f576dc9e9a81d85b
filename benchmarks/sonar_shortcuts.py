"""The shortcut report on real sonar pictures: the six classes of arXiv:2408.12837, and drowned victims with masks.

With each set, a linear layer on EfficientNet-Lite0's features is asked what it makes of what was found. `python -m benchmarks
sonar_shortcuts` goes on where it was stopped. XAIVISION_DATA names the folder that holds `sonar_images`; the pages with pictures
are written into the folder that XAIVISION_PAGES names, where it names one, and never into the repository.
"""

import json
import os
from pathlib import Path
from typing import Any

from benchmarks.sonar_sets import SIDE, pictures_folder
from xaivision.data.image_folders import ImageFolders, load_image_folders
from xaivision.models.transfer import train
from xaivision.report.shortcut_files import shortcut_summary, write_shortcuts
from xaivision.shortcut_search import shortcuts

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "sonar_shortcuts.json"
# Pictures of the test part that the model is asked about.
ASKED = 60


def main(quick: bool = False) -> None:
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() and not quick else {}
    for name in ("sdvd", "natarajan6"):
        drawn_alone = name in found and "XAIVISION_PAGES" in os.environ
        if name in found and not drawn_alone:
            continue
        found[name] = _reported(name, quick)
        if not (drawn_alone or quick):
            RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _reported(name: str, quick: bool) -> dict[str, Any]:
    folders = _folders(name)
    gray = name == "natarajan6"
    trained = train(folders.dataset(SIDE, channels=1 if gray else None), "efficientnet_lite0", side=SIDE, seed=0)
    masks = pictures_folder() / "sdvd" / "masks" if name == "sdvd" else None
    report = shortcuts(folders, trained, masks=masks, methods=["grad_cam"], most=10 if quick else ASKED)
    if pages := os.environ.get("XAIVISION_PAGES"):
        (Path(pages) / name).mkdir(parents=True, exist_ok=True)
        write_shortcuts(report, Path(pages) / name)
    print("\n".join(report.sentences), flush=True)
    told = shortcut_summary(report)
    kept = ("pictures", "counts", "findings", "asked", "model_accuracy", "uses", "on_target")
    findings = [{part: value for part, value in one.items() if part not in ("asks", "caution")} for one in told["findings"]]
    return {part: told[part] for part in kept} | {"findings": findings}


def _folders(name: str) -> ImageFolders:
    classes = ["no_victim", "victim"] if name == "sdvd" else None
    return load_image_folders(pictures_folder() / name, classes=classes)


if __name__ == "__main__":
    main()
