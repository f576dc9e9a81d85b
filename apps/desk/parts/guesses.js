// What the model takes an input for. Names are foreign text: they are only ever set as text.
function cell(tag, text, attributes = {}) {
  const node = document.createElement(tag);
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function row(guess) {
  const line = document.createElement("tr");
  line.append(cell("th", guess.name, { scope: "row" }));
  if (guess.probability !== null) {
    const bar = document.createElement("td");
    const track = cell("div", "", { class: "track", "aria-hidden": "true" });
    track.append(cell("div", ""));
    track.firstChild.style.width = `${100 * guess.probability}%`;
    bar.append(track);
    line.append(bar, cell("td", guess.share, { class: "number" }));
  }
  if (guess.score) line.append(cell("td", guess.score, { class: "number" }));
  return line;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const shares = data.guesses.some((guess) => guess.probability !== null);
  const head = document.createElement("tr");
  head.append(cell("th", "class", { scope: "col" }));
  if (shares) head.append(cell("th", "probability", { scope: "col", colspan: "2" }));
  if (data.unit) head.append(cell("th", data.unit, { scope: "col", class: "number" }));
  const top = document.createElement("thead");
  const body = document.createElement("tbody");
  top.append(head);
  body.append(...data.guesses.map(row));
  root.querySelector("table").replaceChildren(cell("caption", data.caption), top, body);
}
