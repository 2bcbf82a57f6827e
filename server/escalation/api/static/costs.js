// Costs: by tier over time, and what a solved task costs with each pair of models.

import { costChart } from "./charts.js";
import { h, table } from "./dom.js";
import { count, counted, day, percent, range, usd } from "./format.js";
import { folded, scrolling, section } from "./layout.js";
import { bar, spread } from "./proportion.js";
import { lived } from "./rates.js";

const BEGINS = { L3: "the default model", L4: "the strong model", "L3->L4->L3": "a draft, then the strong model" };

export const costs = (root, found) => {
  const { spending } = found;
  const days = lived(found.series);
  const size = days.length > 120 ? 7 : 1;
  const frame = h("div", { class: "frame", "data-title": "Cost by tier" });
  const unpriced = spending.unpriced > 0 && `Without ${counted(spending.unpriced, "run")} whose price is unknown.`;
  const chart = h(
    "article",
    { class: "card" },
    h("h3", {}, size > 1 ? "By tier, each week" : "By tier, each day"),
    legend(),
    frame,
    folded("costs-table", "The figures of each day", "Cost of each day", byDay(days)),
  );
  const figures = h("dl", { class: "card figures" }, totals(spending));
  const tasks = h(
    "article",
    { class: "card" },
    h("h3", {}, "What a solved task costs"),
    advice(found.advice),
    pairs(spending.pairs),
  );
  root.append(section("costs", "Cost", unpriced, h("div", { class: "grid wide" }, chart, figures), tasks));
  const points = binned(days, size);
  costChart(
    frame,
    points,
    (index) => `${day(points[index].at)}: ${usd(points[index].l3)} by L3, ${usd(points[index].l4)} by L4`,
  );
};

const legend = () =>
  h(
    "p",
    { class: "legend" },
    h("span", {}, h("i", { class: "l3" }), "L3, the default model"),
    h("span", {}, h("i", { class: "l4" }), "L4, the strong model"),
  );

const totals = ({ total, by_tier: tiers, per_solved: solved, efficiency, in_range: within }) =>
  [
    ["Spent", usd(total), `${usd(tiers.L3)} by L3, ${usd(tiers.L4)} by L4`],
    [
      "Per solved task",
      usd(solved.value),
      solved.low === null
        ? "too few runs for an interval"
        : `${range(solved.low, solved.high, usd)}, ${count(solved.n)} runs`,
    ],
    [
      "Into solved tasks",
      percent(efficiency.value),
      efficiency.low === null ? "no run yet" : range(efficiency.low, efficiency.high),
      bar(efficiency.value, efficiency.low, efficiency.high, "good"),
    ],
    within.n > 0 && [
      "As estimated (80% should be)",
      percent(within.rate),
      spread(within),
      bar(within.rate, within.low, within.high, "calm"),
    ],
  ]
    .filter(Boolean)
    .map(([name, value, note, picture]) =>
      h(
        "div",
        { class: "figure" },
        h("dt", {}, name),
        h("dd", { class: "value" }, value),
        picture && h("dd", {}, picture),
        h("dd", { class: "note" }, note),
      ),
    );

const advice = (found) =>
  found
    ? h("p", { class: "advice" }, found.words)
    : h(
        "p",
        { class: "note" },
        "Which model to begin with is not clear yet: it takes ten runs of each kind, of tasks that were judged about ",
        "as difficult, and an interval that leaves no doubt.",
      );

const pairs = (rows) => {
  // An interval from few runs may reach far beyond all figures: the bars end where the figures themselves need it.
  const end = 1.5 * Math.max(...rows.map((row) => row.per_solved.value ?? 0)) || 1;
  const place = (amount) => (amount === null ? null : Math.min(1, amount / end));
  const cost = ({ value, low, high }) => (value === null ? null : bar(place(value), place(low), place(high), "l4"));
  return scrolling(
    "Cost of a solved task",
    table(
      "Cost of a solved task by the pair of models, and by the one that began",
      [
        {
          title: "Begins with",
          cell: (row) => [
            BEGINS[row.begins] ?? row.begins,
            h(
              "small",
              { class: "place" },
              [row.default, row.escalation].filter(Boolean).map((model) => h("span", {}, model)),
            ),
          ],
        },
        { title: "Runs", number: true, cell: (row) => count(row.solved.n) },
        { title: "Solved", number: true, cell: (row) => percent(row.solved.rate) },
        { title: "Spent", number: true, cell: (row) => usd(row.cost) },
        { title: "Per solved task", number: true, cell: (row) => usd(row.per_solved.value) },
        { title: "95% interval", number: true, cell: (row) => range(row.per_solved.low, row.per_solved.high, usd) },
        { title: h("span", { class: "unseen" }, "As a bar"), cell: (row) => cost(row.per_solved) },
      ],
      rows,
    ),
  );
};

const byDay = (days) =>
  table(
    "Cost of each day by tier, in USD",
    [
      { title: "Day", cell: (one) => one.date },
      { title: "L3", number: true, cell: (one) => usd(one.cost.L3) },
      { title: "L4", number: true, cell: (one) => usd(one.cost.L4) },
    ],
    [...days].reverse(),
  );

/** Sums of `size` days each, counted back from the last. */
const binned = (days, size) => {
  const points = [];
  for (let end = days.length; end > 0; end -= size) {
    const part = days.slice(Math.max(0, end - size), end);
    const of = (tier) => part.reduce((total, one) => total + (one.cost[tier] ?? 0), 0);
    points.unshift({ at: Date.parse(part[0].date), l3: of("L3"), l4: of("L4") });
  }
  return points;
};
