// A unified diff, coloured.

import { h } from "./dom.js";
import { counted } from "./format.js";

const AT_ONCE = 2000; // lines; a longer diff is shown as far as this first

/** A `pre` for each file of the diff. */
export const diffView = (diff) => {
  const lines = diff.replace(/\n$/, "").split("\n");
  const view = h("div", {}, files(lines.slice(0, AT_ONCE)).map(file));
  if (lines.length > AT_ONCE) {
    const rest = h("button", { type: "button", onclick: () => view.replaceChildren(...files(lines).map(file)) });
    rest.textContent = `Show the other ${counted(lines.length - AT_ONCE, "line")}`;
    view.append(h("p", { class: "pages" }, rest));
  }
  return view;
};

const file = ({ name, note, lines }) =>
  h(
    "pre",
    { class: "diff", tabindex: "0", role: "region", "aria-label": `Changes of ${name}` },
    h(
      "code",
      {},
      h("span", { class: "file" }, name, note && h("small", {}, ` ${note}`)),
      lines.map((line) => h("span", { class: KIND[line[0]] }, line || " ")),
    ),
  );

const KIND = { "+": "added", "-": "removed", "@": "hunk", "\\": "hunk" };

/** The parts of a diff that belong to one file each, without their headers. */
const files = (lines) => {
  const found = [];
  const begin = (name) => found.push({ name, note: "", lines: [] });
  let left = [0, 0]; // lines of the hunk that are still to come, old and new: one that is removed may begin with `--- `
  for (const line of lines) {
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (left[0] > 0 || left[1] > 0 || line[0] === "\\") {
      found.at(-1)?.lines.push(line);
      if (line[0] !== "+" && line[0] !== "\\") left[0] -= 1;
      if (line[0] !== "-" && line[0] !== "\\") left[1] -= 1;
    } else if (hunk) {
      left = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
      found.at(-1)?.lines.push(line);
    } else if (line.startsWith("diff --git ")) begin(named(line.split(" ").at(-1)));
    else if (line.startsWith("--- ") || line.startsWith("+++ ")) {
      if (!found.length || found.at(-1).lines.length) begin("");
      if (!line.endsWith("/dev/null")) found.at(-1).name = named(line.slice(4));
    } else if (line.startsWith("new file")) found.at(-1).note = "new";
    else if (line.startsWith("deleted file")) found.at(-1).note = "removed";
  }
  return found;
};

const named = (path) =>
  path
    .split("\t")[0]
    .replace(/^"?[ab]\//, "")
    .replace(/"$/, "");
