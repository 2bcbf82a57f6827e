// Rates: how often the strong model is recommended, how often runs solve their task, how often the judgement errs.

import { rateChart } from "./charts.js";
import { h, table } from "./dom.js";
import { day, percent } from "./format.js";
import { folded, section } from "./layout.js";
import { proportion, spread, told } from "./proportion.js";

const RATES = [
  {
    name: "escalation",
    title: "Escalation",
    of: "Of all judged changes, those with the strong model recommended",
    tone: "l4",
  },
  {
    name: "success",
    title: "Success",
    of: "Of the runs that came to an end, those that solved their task",
    tone: "good",
  },
  {
    name: "false_positives",
    title: "False positives",
    of: "Of the changes that did not need the strong model, those with it recommended",
    tone: "bad",
  },
  {
    name: "false_negatives",
    title: "False negatives",
    of: "Of the changes that needed the strong model, those without it recommended",
    tone: "warn",
  },
];

export const rates = (root, found) => {
  const days = lived(found.series);
  const size = together(found.days);
  const known = found.judgements;
  const judged = known.right + known.wrong + known.missed + known.spared;
  const frames = RATES.map((rate) => h("div", { class: "frame", "data-title": rate.title }));
  const note = [
    "Shaded: the 95% interval. ",
    size > 1 && `A point takes the ${size} days up to it together. `,
    `Whether the strong model was needed is known of ${judged} changes: of ${known.people} by what somebody said, `,
    `of the others by how the run went. Of ${known.proxy} it is likely, not certain.`,
  ];
  const cards = RATES.map((rate, at) => card(rate, found.rates[rate.name], frames[at]));
  const table = folded("rates-table", "The figures of each day", "Rates of each day", byDay(days));
  root.append(section("rates", "Rates", note, h("div", { class: "grid" }, cards), table));
  RATES.forEach((rate, at) => {
    const points = windows(days, rate.name, size);
    rateChart(frames[at], points, rate.tone, (index) => `${day(points[index].at)}: ${told(points[index].found)}`);
  });
};

const card = (rate, total, frame) =>
  h(
    "article",
    { class: "card figure" },
    h("h3", {}, rate.title),
    h("p", { class: "value", "data-rate": rate.name }, percent(total.rate), " ", h("small", {}, spread(total))),
    h("p", { class: "note" }, rate.of),
    frame,
  );

const byDay = (days) =>
  table(
    "Rates of each day, with their 95% intervals",
    [
      { title: "Day", cell: (one) => one.date },
      ...RATES.map(({ name, title }) => ({
        title,
        number: true,
        cell: (one) => (one.rates[name].n ? told(one.rates[name]) : "–"),
      })),
    ],
    [...days].reverse(),
  );

/** The days from the first on which anything happened; at least seven. */
export const lived = (series) => {
  const first = series.findIndex(
    (one) => one.rates.escalation.n || one.rates.success.n || Object.values(one.cost).some(Boolean),
  );
  return series.slice(Math.max(0, Math.min(first < 0 ? series.length : first, series.length - 7)));
};

/** How many days a point takes together: days with few cases say little by themselves. */
const together = (days) => (days <= 7 ? 1 : days <= 30 ? 7 : days <= 90 ? 14 : 28);

/** The points of a rate. The first ones, which have fewer days than the others, are left out where there are enough. */
const windows = (days, name, size) =>
  days.slice(days.length >= 2 * size ? size - 1 : 0).map((one) => {
    const at = days.indexOf(one);
    const of = days.slice(Math.max(0, at - size + 1), at + 1).map((other) => other.rates[name]);
    const found = proportion(sum(of, "hits"), sum(of, "n"));
    const shown = found.n ? found : { rate: null, low: null, high: null };
    return { at: Date.parse(one.date), value: shown.rate, low: shown.low, high: shown.high, found };
  });

const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
