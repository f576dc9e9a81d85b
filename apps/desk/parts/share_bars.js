// Shares with their intervals on one line each. Every text is foreign: it is only ever set as text.
function lined(one, tick, width, name) {
  const rail = drawing("line", { class: "rail", x1: 0, y1: 7, x2: width, y2: 7 });
  const mark = tick ? drawing("line", { class: "tick", x1: tick, y1: 1, x2: tick, y2: 13 }) : null;
  const span = drawing("line", { class: "span", x1: one.low, y1: 7, x2: one.high, y2: 7 });
  const dot = drawing("circle", { class: "dot", cx: one.place, cy: 7, r: 4 });
  const words = { role: "img", "aria-label": `${name} of ${one.label}: ${one.text}` };
  return drawing("svg", { viewBox: `-4 0 ${width + 8} 14`, width: width + 8, height: 14, ...words }, rail, mark, span, dot);
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const rows = data.bars.map((one) =>
    make(
      "tr", { class: one.control ? "control" : false },
      make("th", { scope: "row", text: one.control ? `${one.label} (control)` : one.label }),
      make("td", { class: "number", text: one.text }),
      make("td", {}, lined(one, data.tick, data.width, data.name)),
    ),
  );
  root.querySelector("table").replaceChildren(make("caption", { text: data.name }), make("tbody", {}, ...rows));
}
