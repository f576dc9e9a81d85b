// Cards as the report has them. Every text is foreign: it is only ever set as text.
// Long names may be broken behind an underscore or a slash.
function named(label, node = make("strong")) {
  for (const part of label.split(/(?<=[_/])/)) node.append(part, document.createElement("wbr"));
  return node;
}

// What stands between backticks is a name. A backtick without a partner stays.
function coded(tag, attributes, text) {
  const node = make(tag, attributes);
  const parts = text.split("`");
  parts.forEach((part, place) => {
    if (place % 2 === 0) node.append(part);
    else if (place === parts.length - 1) node.append(`\`${part}`);
    else node.append(make("code", { text: part }));
  });
  return node;
}

function badge(card) {
  return make("span", { class: `badge ${card.badge}`, text: `${card.mark} ${card.word}` });
}

function bars(card) {
  const body = make("tbody");
  for (const bar of card.bars) {
    const span = make("span", { class: bar.sign });
    span.style.left = `${bar.start}%`;
    span.style.width = `${bar.length}%`;
    body.append(
      make(
        "tr", {},
        named(bar.value ? `${bar.name} = ${bar.value}` : bar.name, make("th", { scope: "row" })),
        make("td", { class: "number", text: bar.text }),
        make("td", { class: "track" }, make("div", {}, span)),
      ),
    );
  }
  return make("table", { class: "bars", "aria-label": `Attribution by ${card.label}` }, body);
}

function sample(one) {
  if (one.picture) return make("img", { src: one.picture.uri, alt: one.picture.alt });
  if (one.columns.length) return pairs(one.columns, "this row", "example");
  return profile(one.points, one.behind, `${one.title}: line of its columns in color, the input in gray`);
}

function samples(card) {
  const rows = card.samples.some((one) => one.columns.length);
  const shown = card.samples.map((one) => {
    const [shows, title] = [sample(one), make(rows ? "strong" : "div", { text: one.title })];
    return make("div", {}, ...(rows ? [title, shows] : [shows, title]), ...one.lines.map((text) => make("div", { text })));
  });
  return make("div", { class: rows ? "samples rows" : "samples" }, ...shown);
}

function lines(card) {
  const doubts = card.reasons.map((text) => coded("li", { class: `doubt ${card.badge}` }, text));
  const told = card.lines.map((text) => coded("li", {}, text));
  const notes = card.notes.map((text) => coded("li", {}, `Note: ${text}`));
  return make("ul", { class: "lines" }, ...doubts, ...told, ...notes);
}

function content(card, enlarge) {
  if (card.absence) return make("div", { class: `absent ${card.badge}` }, coded("span", {}, card.absence));
  if (card.picture) {
    const picture = make("img", { src: card.picture.uri, alt: card.picture.alt, width: card.picture.width, height: card.picture.height });
    return make("button", { class: "enlarge", type: "button", "aria-label": `Enlarge ${card.label}`, onclick: enlarge }, picture);
  }
  return card.bars.length ? bars(card) : samples(card);
}

// The map that is looked at large. It stays open, and shows what is known by now, when the page is drawn anew.
function enlarged(root, label) {
  const dialog = make("dialog", { "aria-label": "Enlarged map" });
  const name = make("strong");
  const mark = make("span");
  const picture = make("img");
  const told = make("div");
  const pictured = () => root.cards.filter((card) => card.picture);
  const turn = (by) => () => {
    const labels = pictured().map((card) => card.label);
    label = labels[(labels.indexOf(label) + by + labels.length) % labels.length];
    show();
  };
  const show = () => {
    const card = pictured().find((one) => one.label === label);
    if (!card) return dialog.close(); // of a question that is asked no more
    name.replaceChildren(...named(card.label).childNodes);
    mark.className = `badge ${card.badge}`;
    mark.textContent = `${card.mark} ${card.word}`;
    if (picture.src !== card.picture.uri) picture.src = card.picture.uri;
    picture.alt = card.picture.alt;
    told.replaceChildren(lines(card));
  };
  dialog.append(
    make(
      "header", {}, name, mark,
      make("button", { type: "button", text: "←", "aria-label": "Previous map", onclick: turn(-1) }),
      make("button", { type: "button", text: "→", "aria-label": "Next map", onclick: turn(1) }),
      make("button", { type: "button", text: "Close", onclick: () => dialog.close() }),
    ),
    picture,
    told,
  );
  dialog.onkeydown = (event) => {
    if (event.key === "ArrowLeft") turn(-1)();
    if (event.key === "ArrowRight") turn(1)();
  };
  dialog.onclose = () => {
    dialog.remove();
    root.large = null;
    root.kept.get(label)?.node.querySelector(".enlarge")?.focus(); // where it was opened, or the map that it led to
  };
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  root.large = { show };
  root.append(dialog);
  show();
  dialog.showModal();
}

// The node of a card: the one that is there, where it has nothing new to tell.
function kept(root, card) {
  const told = JSON.stringify(card);
  const before = root.kept.get(card.label);
  if (before?.told === told) return before.node;
  const node = make(
    "article", { class: "card", "aria-label": card.label },
    make("header", {}, named(card.label), badge(card)),
    content(card, () => enlarged(root, card.label)),
    lines(card),
  );
  root.kept.set(card.label, { told, node });
  return node;
}

// The nodes in their order under this parent; those that stay there are not touched, so that they keep what they have.
function arranged(parent, nodes) {
  for (const gone of [...parent.children].filter((one) => !nodes.includes(one))) gone.remove();
  nodes.forEach((node, place) => parent.children[place] === node || parent.insertBefore(node, parent.children[place] || null));
}

function scale(bar) {
  return make(
    "div", { class: "scale" },
    make("span", { class: "unit", text: bar.unit }),
    make("img", { src: bar.uri, alt: bar.alt }),
    make("span", { text: bar.low }), make("span", { class: "middle", text: "0" }), make("span", { class: "right", text: bar.high }),
  );
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  root.kept ||= new Map();
  root.cards = data.cards;
  const [grid, foot] = root.children;
  grid.classList.toggle("wide", data.wide);
  const focused = grid.getRootNode().activeElement?.closest?.("article.card")?.getAttribute("aria-label");
  const cards = data.cards.map((card) => kept(root, card));
  const labels = new Set(data.cards.map((card) => card.label));
  for (const label of root.kept.keys()) if (!labels.has(label)) root.kept.delete(label);
  arranged(grid, cards);
  if (focused && !grid.contains(grid.getRootNode().activeElement)) root.kept.get(focused)?.node.querySelector(".enlarge")?.focus();
  foot.replaceChildren(
    ...[data.bar && scale(data.bar), data.statements.length && make("p", { class: "statements", text: data.statements.join(" ") })].filter(Boolean),
  );
  root.large?.show();
}
