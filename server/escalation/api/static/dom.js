// Elements. Whatever comes from the host becomes text or an attribute: it is never parsed as HTML, and what would not
// be seen of it, or would make it look other than it is, is written out.

import { visible } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";

const SPOKEN = new Set(["title", "aria-label"]);
const absent = (value) => value === undefined || value === null || value === false;

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (absent(value)) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : SPOKEN.has(name) ? visible(value) : String(value));
  }
  const shown = children.flat(Infinity).filter((child) => !absent(child));
  element.append(...shown.map((child) => (child instanceof Node ? child : visible(String(child)))));
  return element;
};

/** An HTML element. Attributes that are undefined, null or false are left out; `onclick` and the like are listeners. */
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** An SVG element. */
export const s = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** The one element with this id, which the page has. */
export const byId = (id) => document.getElementById(id);

/** Puts these children in the place of those that are there. */
export const put = (element, ...children) => {
  element.replaceChildren();
  return fill(element, {}, children);
};

/** A table. Each column has a `title`, a function `cell` from a row to its content, and perhaps `number: true`. */
export const table = (caption, columns, rows) =>
  h(
    "table",
    {},
    h("caption", {}, caption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        columns.map((column) => h("th", { scope: "col", class: column.number && "number" }, column.title)),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h(
          "tr",
          {},
          columns.map((column, at) =>
            h(at ? "td" : "th", { scope: at ? null : "row", class: column.number && "number" }, column.cell(row)),
          ),
        ),
      ),
    ),
  );
