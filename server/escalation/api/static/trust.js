// How far the judgement can be trusted: how often each reason was right, and whether what it said came true as often.

import { calibrationChart } from "./charts.js";
import { h, table } from "./dom.js";
import { count, percent, range } from "./format.js";
import { folded, scrolling, section } from "./layout.js";
import { bar, spread, told } from "./proportion.js";

export const reasons = (root, found) => {
  const note = [
    "Right: it spoke for the strong model, which was needed. Wrong: it spoke, and was not needed. ",
    "Missed: it was seen, did not suffice, and the strong model was needed.",
  ];
  const rows = found.reasons.length
    ? reasonTable(found.reasons)
    : h("p", { class: "note" }, "No reason was found yet.");
  root.append(section("reasons", "Reasons", note, scrolling("Reasons and how often they were right", rows, "card")));
};

const reasonTable = (rows) =>
  table(
    "Reasons and how often they were right",
    [
      { title: "Reason", cell: (row) => row.title },
      { title: "Seen", number: true, cell: (row) => count(row.seen) },
      { title: "Spoke", number: true, cell: (row) => count(row.spoke) },
      { title: "Right", number: true, cell: (row) => count(row.right) },
      { title: "Wrong", number: true, cell: (row) => count(row.wrong) },
      { title: "Missed", number: true, cell: (row) => count(row.missed) },
      { title: "Hit rate", number: true, cell: (row) => percent(row.hits.rate) },
      { title: "95% interval", number: true, cell: (row) => (row.hits.n ? range(row.hits.low, row.hits.high) : "–") },
      {
        title: h("span", { class: "unseen" }, "As a bar"),
        cell: (row) => bar(row.hits.rate, row.hits.low, row.hits.high, "good"),
      },
    ],
    rows,
  );

const OF = {
  consequence: { title: "Reasons of consequence", said: "confidence", came: "needed the strong model" },
  difficulty: { title: "Reasons of difficulty", said: "confidence", came: "needed the strong model" },
  failure: { title: "Failing of the default model", said: "estimate", came: "it failed" },
};

export const calibrations = (root, found) => {
  const rows = found.calibrations.filter((row) => row.bins.length);
  const frames = rows.map((row) => h("div", { class: "frame", "data-title": OF[row.of].title }));
  const note = "Across: what was said beforehand. Up: how often it was so. On the dashed line both agree.";
  const none = "It takes outcomes of runs, or your verdicts on them, to see whether the confidences come true.";
  const cards = rows.map((row, at) => card(row, frames[at]));
  const content = cards.length ? h("div", { class: "grid three" }, cards) : h("p", { class: "card note" }, none);
  root.append(section("calibration", "Calibration", note, content));
  rows.forEach((row, at) => {
    const bins = row.bins.map(({ said, observed }) => ({ said, ...observed }));
    const read = (index) => `${percent(bins[index].said)} said, ${told(bins[index])}`;
    calibrationChart(frames[at], bins, row.points, read);
  });
};

const card = (row, frame) =>
  h(
    "article",
    { class: "card" },
    h("h3", {}, OF[row.of].title),
    h(
      "p",
      { class: "legend" },
      h("span", {}, h("i", { class: "l3 dot" }), `observed, ${count(row.n)} outcomes`),
      row.points.length > 1 && h("span", {}, h("i", { class: "l4 line" }), `used: ${row.method}`),
    ),
    frame,
    folded(`calibration-${row.of}`, "The figures of this curve", `Figures of ${OF[row.of].title}`, binTable(row)),
  );

const binTable = (row) =>
  table(
    `${OF[row.of].title}: what was said and what came`,
    [
      { title: "Said", cell: (bin) => range(bin.from, bin.to) },
      { title: `Mean ${OF[row.of].said}`, number: true, cell: (bin) => percent(bin.said) },
      { title: OF[row.of].came, number: true, cell: (bin) => percent(bin.observed.rate) },
      { title: "95% interval", number: true, cell: (bin) => spread(bin.observed) },
    ],
    row.bins,
  );
