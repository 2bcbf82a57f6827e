// The figures of the page, from the statistics of the host (`GET /statistics`).

import { sweep } from "./charts.js";
import { costs } from "./costs.js";
import { h } from "./dom.js";
import { counted, percent, usd } from "./format.js";
import { rates } from "./rates.js";
import { calibrations, reasons } from "./trust.js";

/** Draws them into `root`. What was unfolded before stays so, and the keyboard stays where it was. */
export const panels = (root, found) => {
  const unfolded = [...root.querySelectorAll("details[open]")].map((details) => details.id);
  const focused = root.contains(document.activeElement) ? document.activeElement.closest("[id]")?.id : "";
  root.replaceChildren(summary(found));
  for (const section of [rates, costs, reasons, calibrations]) section(root, found);
  sweep();
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

const summary = (found) => {
  const { decisions, runs, rates, spending } = found;
  const solved = rates.success;
  const advice = found.suggestions.filter((words) => words !== found.advice?.words);
  return h(
    "section",
    { id: "summary", "aria-labelledby": "summary-title" },
    h("h2", { id: "summary-title", class: "unseen" }, "Summary"),
    h(
      "p",
      { class: "lead" },
      `${counted(decisions, "change was", "changes were")} judged, the strong model recommended for `,
      h("strong", {}, percent(rates.escalation.rate)),
      ". ",
      runs
        ? [`${counted(runs, "run")} came to an end, `, h("strong", {}, percent(solved.rate)), " solved the task, for "]
        : "Nothing was executed; the cost is ",
      h("strong", {}, usd(spending.total)),
      ".",
    ),
    advice.length > 0 && [
      h("h3", {}, "What the figures suggest"),
      h(
        "ul",
        { class: "suggestions" },
        advice.map((words) => h("li", {}, prose(words))),
      ),
    ],
  );
};

/** Words of the host's, in which `code` stands in backquotes. */
const prose = (words) => words.split("`").map((part, at) => (at % 2 ? h("code", {}, part) : part));
