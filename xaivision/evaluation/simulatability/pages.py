"""The pages that people see: they need no network, and save answers as a file on the person's own machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

RATINGS = range(1, 8)
STYLE = """
:root{color-scheme:light dark;--paper:#fff;--panel:#f3f6f9;--ink:#1b1f24;--faint:#57606a;--line:#d0d7de;--mark:#fff1c9;
--link:#0a58a6;--for:#2a6fb0;--against:#b0472a}
@media(prefers-color-scheme:dark){:root{--paper:#14181d;--panel:#1d232a;--ink:#e6e9ed;--faint:#a4adb8;--line:#3a434e;
--mark:#4a3a08;--link:#7db7f5;--for:#6aa9e6;--against:#f0906a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem clamp(.8rem,3vw,2rem) 4rem;max-width:60rem;background:var(--paper);color:var(--ink);
font:17px/1.5 system-ui,"Segoe UI","DejaVu Sans",Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:.6rem 0}h2{font-size:1.2rem;margin:0 0 .5rem}h3{font-size:1rem;margin:0 0 .2rem}
a{color:var(--link)}p{margin:.5rem 0;max-width:46rem}
section{border-top:2px solid var(--line);padding:1.2rem 0;margin-top:1.2rem;break-inside:avoid}
.row{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:0 1.4rem;margin:.4rem 0 .8rem}
.row div{display:flex;justify-content:space-between;gap:.8rem;padding:.15rem .4rem;border-bottom:1px solid var(--line)}
dt{color:var(--faint)}dd{margin:0;font-variant-numeric:tabular-nums;text-align:right;overflow-wrap:normal}
dd del,dd ins{white-space:nowrap}
.row .changed{background:var(--mark);border-radius:4px}.changed dt{color:var(--ink)}.changed i{font-size:.8em}
.changed ins{font-weight:700;text-decoration:none}.changed del{color:var(--faint)}
.told{background:var(--panel);border-left:4px solid var(--link);border-radius:4px;padding:.6rem .9rem;margin:.6rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th{font-weight:400;text-align:left}td,th{padding:.1rem .6rem .1rem 0;vertical-align:middle}
.effects{width:100%;max-width:40rem}.effects span{color:var(--faint);padding-left:.3rem}
.number{text-align:right;white-space:nowrap}
.bar{width:35%}.bar i{display:block;height:.7rem;border-radius:2px}.for{background:var(--for)}.against{background:var(--against)}
fieldset{border:0;margin:.6rem 0 0;padding:0}legend{padding:0;font-weight:600}
label{display:inline-flex;align-items:center;gap:.45rem;margin:.35rem .5rem .2rem 0;padding:.45rem .8rem;
border:1px solid var(--line);border-radius:8px;cursor:pointer}
label:has(:checked){border-color:var(--link);background:var(--panel)}
.scale label{padding:.45rem .55rem;margin-right:.2rem}input{width:1.15rem;height:1.15rem;margin:0;accent-color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:8px;background:var(--link);color:var(--paper);cursor:pointer}
"""
# What was chosen, as lines of the sheet in a file of its own. The browser itself asks for what is missing.
SCRIPT = """
const form=document.forms[0],told=form.dataset;form.querySelector('.save').hidden=false;
form.addEventListener('submit',event=>{event.preventDefault();
const line=cells=>cells.map(cell=>'"'+cell.replace(/"/g,'""')+'"').join(',')+'\\r\\n';
const lines=[...new FormData(form)].map(([name,value])=>line([told.study,told.user,...name.split(' '),value]));
const link=document.createElement('a');link.download=told.file;
link.href=URL.createObjectURL(new Blob([line(['study','user','phase','item','answer']),...lines],{type:'text/csv'}));
link.click();form.querySelector('.saved').hidden=false;});
"""


@dataclass(frozen=True)
class Seat:
    """Whom a page is for: the study, the user, and the sheet that a page of this user without scripts is answered in."""

    study: str
    user: str
    sheet: str


@dataclass(frozen=True)
class Step:
    """One of the pages in their order: its name without `.html`, its number of how many, and the page after it."""

    name: str
    number: int
    of: int
    following: str | None

    @property
    def file(self) -> str:
        return f"{self.number}_{self.name}.html"


def steps(names: Sequence[str]) -> tuple[Step, ...]:
    """The pages in this order."""
    files = [f"{number}_{name}.html" for number, name in enumerate(names, 1)]
    following = [*files[1:], None]
    return tuple(Step(name, place + 1, len(names), following[place]) for place, name in enumerate(names))


def choices_html(phase: str, item: int, question: str, choices: Sequence[str]) -> str:
    """One question with the answers to choose from, of which one must be."""
    return _fieldset(f"{phase} {item}", question, [(choice, choice) for choice in choices])


def rating_html(item: int) -> str:
    """How far an explanation helps, from 1 to 7."""
    ends = {RATINGS[0]: "1 not at all", RATINGS[-1]: "7 completely"}
    question = "Does this show you why the model said so?"
    return _fieldset(f"rating {item}", question, [(str(one), ends.get(one, str(one))) for one in RATINGS], "scale")


def page_html(seat: Seat, step: Step, title: str, task: str, sections: Sequence[str]) -> str:
    """A page of sections, each with a heading, in one form."""
    named = escape(title)
    file = escape(f"answers_{seat.user}_{step.number}_{step.name}.csv", quote=True)
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in (("study", seat.study), ("user", seat.user)))
    view = "<meta name='viewport' content='width=device-width,initial-scale=1'>"
    head = f"<meta charset='utf-8'>{view}<title>{named}</title><style>{STYLE}</style>"
    body = (
        f"<p>Part {step.number} of {step.of}, {escape(seat.user)}</p><h1>{named}</h1><p>{escape(task)}</p>"
        f"<noscript><p>Write your answers into <b>{escape(seat.sheet)}</b>, in its lines of the phase "
        f"<b>{'rating' if step.name == 'learn' else step.name}</b>: this page cannot save them here.</p></noscript>"
        f"<form {data} data-file='{file}'>{''.join(f'<section>{one}</section>' for one in sections)}"
        f"<section>{_ending(step, file)}</section></form>"
    )
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}<script>{SCRIPT}</script></body></html>"


def _ending(step: Step, file: str) -> str:
    onward = (
        f"Then go on to <a href='{escape(step.following)}'>part {step.number + 1}</a>, and do not come back to this page."
        if step.following
        else "Then send the files that you saved back to whoever gave you these pages. Thank you!"
    )
    return (
        "<p class='save' hidden><button>Save my answers</button></p>"
        f"<p class='saved' role='status' hidden>Saved as <b>{file}</b> where your browser puts what it downloads.</p>"
        f"<p>{onward}</p>"
    )


def _fieldset(name: str, question: str, choices: Sequence[tuple[str, str]], class_: str = "") -> str:
    group = escape(name)
    labels = "".join(
        f'<label><input type="radio" required name="{group}" value="{escape(value)}">{escape(shown)}</label>'
        for value, shown in choices
    )
    return f"<fieldset class='{class_}'><legend>{escape(question)}</legend>{labels}</fieldset>"
