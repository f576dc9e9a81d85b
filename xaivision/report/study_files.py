"""A study with people on disk: a folder of pages for each of them, a guide for whoever runs it, and at last the key."""

from pathlib import Path

from xaivision.core.whole_file import write_whole
from xaivision.evaluation.simulatability.design import SHUFFLED
from xaivision.evaluation.simulatability.key import FILE
from xaivision.evaluation.simulatability.sheets import blank_sheet
from xaivision.evaluation.simulatability.study import Study
from xaivision.report.study_forms import study_pages

SHEET, GUIDE = "answers.csv", "how_to.txt"


def write_study(study: Study, folder: str | Path) -> Path:
    """Write the folders of all users, and at last the key: without it a study is not whole; the path."""
    out, key = Path(folder), study.key
    for user in key.users:
        (out / user).mkdir(parents=True)
        for name, page in study_pages(study, user, SHEET).items():
            write_whole(out / user / name, page.encode())
        write_whole(out / user / SHEET, blank_sheet(key, user).encode())
    write_whole(out / GUIDE, _guide(study).encode())
    key.write(out)
    return out


def _guide(study: Study) -> str:
    key = study.key
    control = sum(reader.arm == SHUFFLED for reader in key.users.values())
    told = (
        f"{control} of the {len(key.users)}, drawn by chance, are shown shuffled explanations, which are untrue. As these may "
        f"also mislead, the difference may flatter the explanations. Who they are stands in {FILE}. Whoever hands out the "
        f"folders should not look. Tell these people afterwards.\n{_unshuffled(study)}"
        if control
        else "There is no control: what people gain by practice alone is not known.\n"
    )
    return (
        f"Study {key.study}: do explanations by {key.method} help people to predict the model? ({key.task} simulation)\n\n"
        f"1. Give each person one folder ({', '.join(key.users)}), all of it, and nothing else. {FILE} must not be seen.\n"
        "2. They open the pages in a browser in the order of their numbers. Each page saves a file of answers, which they send "
        f"back; whoever cannot run scripts fills in {SHEET} instead.\n"
        "3. Put what came back into the person's folder here, then: print(import_answers(this folder))\n\n"
        f"{told}The library warns of {len(key.doubted)} of the {len(key.explained)} explanations that are shown.\n"
    )


def _unshuffled(study: Study) -> str:
    if not study.unshuffled:
        return ""
    return (
        f"{study.unshuffled} of these explanations they see as they are: what says the same of every column has no other order.\n"
    )
