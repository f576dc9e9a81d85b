// Rows of texts, as the report has them. Every text is foreign: it is only ever set as text.
function cell(tag, text, number, attributes = {}) {
  const node = document.createElement(tag);
  node.textContent = text;
  if (number) node.classList.add("number");
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function line(row, words) {
  const node = document.createElement("tr");
  row.forEach((text, place) => {
    const number = place >= words;
    node.append(place ? cell("td", text, number) : cell("th", text, number, { scope: "row" }));
    if (text === "\u00b7") node.lastChild.classList.add("same");
  });
  return node;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const parts = [];
  if (data.caption) {
    const caption = document.createElement("caption");
    caption.textContent = data.caption;
    parts.push(caption);
  }
  const head = document.createElement("tr");
  head.append(...data.heads.map((text, place) => cell("th", text, place >= data.words, { scope: "col" })));
  const top = document.createElement("thead");
  const body = document.createElement("tbody");
  top.append(head);
  body.append(...data.rows.map((row) => line(row, data.words)));
  root.querySelector("table").replaceChildren(...parts, top, body);
}
