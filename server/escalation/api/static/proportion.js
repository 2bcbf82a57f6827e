// Shares of counted things, and how they are shown: a figure, its 95 % interval as a bar, and of how many it is.

import { s } from "./dom.js";
import { count, percent, range } from "./format.js";

const Z = 1.959964;

/** As the host's own (`decision/proportion.py`), for days that are taken together here: the interval of Wilson. */
export const proportion = (hits, n) => {
  if (!n) return { hits, n, rate: null, low: 0, high: 1 };
  const rate = hits / n;
  const scale = 1 + Z ** 2 / n;
  const middle = (rate + Z ** 2 / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((rate * (1 - rate)) / n + Z ** 2 / (4 * n ** 2));
  return { hits, n, rate, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
};

/** “36–47%, 58 of 143” */
export const spread = ({ hits, n, low, high }) =>
  n ? `${range(low, high)}, ${count(hits)} of ${count(n)}` : "no case yet";

/** “41% (36–47%, 58 of 143)” */
export const told = (found) => (found.n ? `${percent(found.rate)} (${spread(found)})` : "no case");

/** A share of 0..1 with its interval, as a picture beside the figure that says it. */
export const bar = (value, low, high, tone) => {
  if (value === null) return null;
  const at = (share) => `${(share * 100).toFixed(2)}%`;
  const from = low ?? value;
  const to = high ?? value;
  return s(
    "svg",
    { class: `interval ${tone}`, "aria-hidden": "true", focusable: "false" },
    s("rect", { class: "track", x: 0, y: 3, width: "100%", height: 6, rx: 3 }),
    s("rect", { class: "likely", x: at(from), y: 3, width: at(Math.max(0, to - from)), height: 6, rx: 3 }),
    s("circle", { class: "middle", cx: at(value), cy: 6, r: 4.5 }),
  );
};
