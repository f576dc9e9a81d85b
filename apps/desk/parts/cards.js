// What components with cards share. Every text is foreign: it is only ever set as text.
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node[name] = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

function drawing(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter(Boolean));
  return node;
}

// A row of a table as a line over its columns, before another one in gray.
function profile(points, behind, words) {
  const curves = [["behind", behind], ["front", points]].map(([name, places]) => drawing("polyline", { class: name, points: places }));
  return drawing("svg", { class: "profile", viewBox: "-2 -4 244 68", role: "img", "aria-label": words }, ...curves);
}

// Two rows of a table column by column, with a bar of how far apart they are.
function pairs(columns, here, there) {
  const head = make(
    "tr", {}, make("th", { scope: "col", text: "column" }),
    ...[here, there].map((text) => make("th", { scope: "col", class: "number", text })),
    make("th", { scope: "col", class: "number", colspan: "2", text: "apart by" }),
  );
  const rows = columns.map((pair) => {
    const bar = make("span", { class: "apart" });
    bar.style.left = `${pair.start}%`;
    bar.style.width = `${pair.length}%`;
    return make(
      "tr", {}, make("th", { scope: "row", text: pair.name }),
      ...[pair.here, pair.there, pair.text].map((text) => make("td", { class: "number", text })),
      make("td", { class: "track" }, make("div", {}, bar)),
    );
  });
  return make("table", { class: "bars pairs" }, make("thead", {}, head), make("tbody", {}, ...rows));
}
