"""Tables of what was trained on the sonar pictures, from the files in `results`."""

import json
from pathlib import Path
from statistics import mean
from typing import Any

from markdown_tables import table


def transfer(result: Path) -> str:
    """The recalls of each class on the fixed split and over all folds, and how the settings were chosen."""
    if not result.exists():
        return "Not measured yet: `python -m benchmarks sonar_transfer`."
    found = json.loads(result.read_text(encoding="utf-8"))
    parts = [(words, found[name]) for name, words in PARTS.items() if name in found]  # who stops it has the first ones
    rows = [(words, *_scores(part)) for words, part in parts]
    heads = ("", "pictures", "accuracy", "95 % interval", "balanced accuracy", "mean recall where 20 or more are tested")
    recalls = [(words, *(_recall(one) for one in _of(part)["recalls"])) for words, part in parts]
    names = [one["name"] for one in _of(parts[0][1])["recalls"]]
    said = (table(heads, rows), "Recall of each class:", table(("", *names), recalls), _folds_said(found), _chosen(found))
    return "\n\n".join(filter(None, said))


PARTS = {
    "fixed_split": "fine-tuned",
    "linear_layer_alone": "frozen",
    "cross_validated": "fine-tuned, all folds",
    "linear_layer_cross_validated": "frozen, all folds",
}


def backbones(result: Path) -> str:
    """A row for each backbone, the best first."""
    if not result.exists():
        return "Not measured yet: `python -m benchmarks sonar_backbones`."
    found = json.loads(result.read_text(encoding="utf-8"))
    rows = sorted(found["rows"], key=lambda row: -row["balanced_accuracy"])
    shown = [
        (
            f"`{row['name']}`",
            "ImageNet" if row["pretrained"] else "**random**",
            "whole" if row["tuned_blocks"] else "linear layer",
            f"{row['parameters'] / 1e6:.1f} M",
            f"{row['accuracy']:.3f} [{row['interval'][0]:.3f}, {row['interval'][1]:.3f}]",
            f"{row['balanced_accuracy']:.3f}",
        )
        for row in rows
    ]
    heads = ("backbone", "weights it begins with", "trained", "parameters", "accuracy, 95 % interval", "balanced accuracy")
    said = f"{found['train']} pictures of {found['side']} pixels to learn from, {found['test']} to test on."
    return f"{said}\n\n{table(heads, shown)}"


def prototypes(result: Path) -> str:
    """A row for each training: the linear layer and the prototypes on the same features."""
    if not result.exists():
        return "Not measured yet: `python -m benchmarks sonar_prototypes`."
    found = json.loads(result.read_text(encoding="utf-8"))
    rows = [_prototype_row(row) for row in found["rows"]]
    heads = ("what decides", "classes count", "accuracy, 95 % interval", "balanced accuracy", "minutes", "of the processor")
    return table(heads, rows)


def _prototype_row(row: dict[str, Any]) -> tuple[str, ...]:
    scores, count = row["scores"], sum(row["prototypes"])
    said = f"{count} prototypes (`{row['name']}`)" if count else "a linear layer"
    return (
        said,
        "the same" if row["settings"]["class_weights"] == "balanced" else "by their pictures",
        f"{scores['accuracy']:.3f} [{scores['accuracy_low']:.3f}, {scores['accuracy_high']:.3f}]",
        f"{scores['balanced_accuracy']:.3f}",
        f"{row['seconds'] / 60:.1f}",
        f"{row['processor_seconds'] / 60:.1f}",
    )


def _of(part: dict[str, Any]) -> dict[str, Any]:
    """The scores of a training, which those of folds are themselves."""
    scores: dict[str, Any] = part.get("scores", part)
    return scores


def _scores(part: dict[str, Any]) -> tuple[str, ...]:
    scores = _of(part)
    low, high = scores.get("accuracy_interval") or (scores["accuracy_low"], scores["accuracy_high"])
    large = [one["share"] for one in scores["recalls"] if one["count"] >= LARGE]
    balanced = f"{scores['balanced_accuracy']:.3f}"
    recall = f"{mean(large):.4f} ({len(large)} classes)"
    return f"{scores['count']:,}", f"{scores['accuracy']:.4f}", f"{low:.3f} to {high:.3f}", balanced, recall


# Test pictures of a class from which its recall is worth a mean.
LARGE = 20


def _recall(one: dict[str, Any]) -> str:
    low, high = one.get("interval") or (one["low"], one["high"])
    return f"{one['share']:.3f} ({one['right']}/{one['count']}, {low:.2f} to {high:.2f})"


def _folds_said(found: dict[str, Any]) -> str:
    """What the folds say, or what they take that are not there yet."""
    missing = [words for name, words in PARTS.items() if name not in found]
    if missing:
        return f"Not measured yet: {', '.join(missing)}. `python -m benchmarks sonar_transfer` goes on where it was stopped."
    folds = found["folds"]["cross_validated"]
    minutes = sum(one["processor_seconds"] for one in folds) / 60
    return (
        "Every picture is tested once in the folds, by a network that learned from none that looks like it. The settings are "
        "those of the fixed split, chosen with pictures in sight that the folds test. Mean recall of the classes that have "
        f"{LARGE} test pictures or more in the fixed split: {_large_recalls(found)}. The {len(folds)} fine-tunings took "
        f"{minutes:.0f} minutes of one processor; what the frozen part gives is computed once for all."
    )


def _large_recalls(found: dict[str, Any]) -> str:
    """What the same classes come to in each part."""
    large = {one["name"] for one in _of(found["fixed_split"])["recalls"] if one["count"] >= LARGE}
    means = {
        words: mean(one["share"] for one in _of(found[name])["recalls"] if one["name"] in large) for name, words in PARTS.items()
    }
    return "; ".join(f"{words} {value:.4f}" for words, value in means.items())


def _chosen(found: dict[str, Any]) -> str:
    tried = ", ".join(f"{one['settings']['tuning_rate']:g}: {one['validation_loss']:.4f}" for one in found["selection"])
    settings = found["fixed_split"]["settings"]
    said = ", ".join(f"`{name}={value}`" for name, value in settings.items())
    aside = found["left_aside"]
    return (
        f"`{found['backbone']}` with {said}. Validation loss by learning rate of the blocks: {tried}; the lower was taken. "
        f"`class_weights={aside['class_weights']}`, the library's own choice, was tried first: it gave an accuracy of "
        f"{aside['right'] / aside['count']:.4f} and a balanced accuracy of {aside['balanced_accuracy']:.3f}, and was left for "
        "that. Before that, gray pictures under the loader's own split, with balanced classes, had given an accuracy of "
        f"{aside['gray']['accuracy']:.4f} and a mean recall of the large classes of {aside['gray']['large_class_recall']:.4f}; "
        "color and split were changed after it. So the test part had a say in the weights and in the colors: the next set of "
        "pictures will tell how much of this accuracy is luck."
    )
