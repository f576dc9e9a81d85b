// How far every two methods agree; a cell opens the pair. Arrow keys move between the cells.
function headed(label) {
  const head = document.createElement("th");
  head.scope = "col";
  head.textContent = label;
  return head;
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const labels = data.rows.map((row) => row.label);
  const header = document.createElement("tr");
  header.append(document.createElement("td"), ...labels.map(headed));
  const cells = [];
  const rows = data.rows.map((row, down) => {
    const line = document.createElement("tr");
    const head = headed(row.label);
    head.scope = "row";
    line.append(head);
    cells.push([]);
    row.cells.forEach((cell, across) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.text;
      if (down === across) {
        button.disabled = true;
        button.setAttribute("aria-label", `${row.label} with itself`);
      } else {
        button.style.background = cell.background;
        button.style.color = cell.color;
        button.setAttribute("aria-label", `${row.label} and ${labels[across]}: ${cell.text}`);
        button.setAttribute("aria-pressed", String(data.pair[0] === down && data.pair[1] === across));
        button.onclick = () => setStateValue("pair", [down, across]);
      }
      const place = document.createElement("td");
      place.append(button);
      line.append(place);
      cells[down].push(button);
    });
    return line;
  });
  const table = root.querySelector("table");
  const head = document.createElement("thead");
  const body = document.createElement("tbody");
  head.append(header);
  body.append(...rows);
  table.replaceChildren(head, body);
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
