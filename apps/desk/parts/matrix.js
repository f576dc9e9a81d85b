// How far every two methods agree; a cell opens the pair. Arrow keys move between the cells.
function headed(label, scope) {
  const head = document.createElement("th");
  head.scope = scope;
  head.textContent = label;
  return head;
}

// Heads and empty cells of these methods: made once, so that the cell that has the focus keeps it.
function framed(table, labels) {
  const header = document.createElement("tr");
  header.append(document.createElement("td"), ...labels.map((label) => headed(label, "col")));
  const cells = labels.map(() => labels.map(() => document.createElement("button")));
  const rows = cells.map((buttons, down) => {
    const line = document.createElement("tr");
    line.append(headed(labels[down], "row"));
    for (const button of buttons) {
      button.type = "button";
      const place = document.createElement("td");
      place.append(button);
      line.append(place);
    }
    return line;
  });
  const [head, body] = ["thead", "tbody"].map((tag) => document.createElement(tag));
  head.append(header);
  body.append(...rows);
  table.replaceChildren(head, body);
  return { labels, cells };
}

function filled(button, cell, words, open) {
  button.textContent = cell.text;
  button.style.background = cell.background;
  button.style.color = cell.color;
  button.setAttribute("aria-label", `${words}: ${cell.text}`);
  button.setAttribute("aria-pressed", String(open));
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const table = root.querySelector("table");
  const labels = data.rows.map((row) => row.label);
  if (JSON.stringify(root.framed?.labels) !== JSON.stringify(labels)) root.framed = framed(table, labels);
  const { cells } = root.framed;
  data.rows.forEach((row, down) =>
    row.cells.forEach((cell, across) => {
      const button = cells[down][across];
      if (down === across) {
        button.textContent = cell.text;
        button.disabled = true;
        button.setAttribute("aria-label", `${row.label} with itself`);
      } else {
        filled(button, cell, `${row.label} and ${labels[across]}`, data.pair[0] === down && data.pair[1] === across);
        button.onclick = () => setStateValue("pair", [down, across]);
      }
    }),
  );
  table.setAttribute("aria-label", data.told);
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  table.onkeydown = (event) => {
    const step = steps[event.key];
    const down = cells.findIndex((row) => row.includes(event.target));
    if (!step || down < 0) return;
    let place = [down, cells[down].indexOf(event.target)];
    do place = [place[0] + step[0], place[1] + step[1]];
    while (cells[place[0]]?.[place[1]]?.disabled);
    cells[place[0]]?.[place[1]]?.focus();
    event.preventDefault();
  };
}
