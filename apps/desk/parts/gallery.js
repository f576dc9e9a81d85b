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
  return make("span", { class: `badge ${card.badge}`, text: `${card.mark} ${card.badge}` });
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

function samples(card) {
  const shown = card.samples.map((one) =>
    make(
      "div", {},
      one.picture ? make("img", { src: one.picture.uri, alt: one.picture.alt }) : profile(one.points, one.behind, `${one.title}: line of its columns in color, the input in gray`),
      make("div", { text: one.title }),
      ...one.lines.map((text) => make("div", { text })),
    ),
  );
  return make("div", { class: "samples" }, ...shown);
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

function shownLarge(root, cards, first) {
  const pictured = cards.filter((card) => card.picture);
  let place = pictured.indexOf(first);
  const dialog = make("dialog", { "aria-label": "Enlarged map" });
  const show = () => {
    const card = pictured[place];
    const turn = (by) => () => {
      place = (place + by + pictured.length) % pictured.length;
      show();
    };
    dialog.replaceChildren(
      make(
        "header", {},
        named(card.label),
        badge(card),
        make("button", { type: "button", text: "←", "aria-label": "Previous map", onclick: turn(-1) }),
        make("button", { type: "button", text: "→", "aria-label": "Next map", onclick: turn(1) }),
        make("button", { type: "button", text: "Close", onclick: () => dialog.close() }),
      ),
      make("img", { src: card.picture.uri, alt: card.picture.alt }),
      lines(card),
    );
    dialog.onkeydown = (event) => {
      if (event.key === "ArrowLeft") turn(-1)();
      if (event.key === "ArrowRight") turn(1)();
    };
  };
  show();
  dialog.onclose = () => dialog.remove();
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  root.append(dialog);
  dialog.showModal();
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
  const cards = data.cards.map((card) =>
    make(
      "article", { class: "card", "aria-label": card.label },
      make("header", {}, named(card.label), badge(card)),
      content(card, () => shownLarge(root, data.cards, card)),
      lines(card),
    ),
  );
  root.replaceChildren(
    ...[
      make("div", { class: data.wide ? "cards wide" : "cards" }, ...cards),
      data.bar && scale(data.bar),
      data.statements.length && make("p", { class: "statements", text: data.statements.join(" ") }),
    ].filter(Boolean),
  );
}
