// What the parts of the page are made of.

import { h } from "./dom.js";

/** A section with its heading and, in a few words, what there is to know of it. */
export const section = (id, title, note, ...content) =>
  h(
    "section",
    { "aria-labelledby": `${id}-title` },
    h("div", { class: "head" }, h("h2", { id: `${id}-title` }, title), note && h("p", { class: "note" }, note)),
    content,
  );

/** What may be wider than its place: it scrolls there, by the keyboard, too. */
export const scrolling = (label, content, more = "") =>
  h("div", { class: `scroll ${more}`, tabindex: "0", role: "region", "aria-label": label }, content);

/** The figures of a chart as a table, folded. */
export const folded = (id, title, label, table) =>
  h("details", { id }, h("summary", {}, title), scrolling(label, table));
