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

