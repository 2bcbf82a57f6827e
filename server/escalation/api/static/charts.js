// Charts over time and the calibration curve, drawn by uPlot. Colours are the style sheet's, read when a chart is
// drawn, so that light and dark need no code here. A chart has the keyboard's arrows for what the mouse does: to read a
// point.

import { h } from "./dom.js";
import { day } from "./format.js";

/* global uPlot */
const { paths } = uPlot;
const FONT = "12px system-ui, sans-serif";
const drawn = new Map(); // the element of each chart → its uPlot

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const ink = (name) => () => colour(name);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of drawn.values()) chart.redraw(false);
});

const resized = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const chart = drawn.get(target);
    const width = Math.floor(contentRect.width);
    if (chart && width && width !== chart.width) chart.setSize({ width, height: chart.height });
  }
});

const axis = (more) => ({
  stroke: ink("--muted"),
  font: FONT,
  grid: { stroke: ink("--line"), width: 1 },
  ticks: { show: false },
  ...more,
});

const dayAxis = () =>
  axis({ grid: { show: false }, space: 64, gap: 6, size: 30, values: (_, at) => at.map((s) => day(s * 1000)) });

/**
 * Draws into `frame`; below it stands the point under the cursor, or the last one, in the words of `read(index)`.
 * `marks` draws more.
 */
const draw = (frame, height, options, data, read, marks = () => {}) => {
  const place = h("div", { class: "plot" });
  const output = h("output", { class: "readout" });
  const tell = (index) => (output.textContent = data[0].length ? read(index ?? data[0].length - 1) : "");
  frame.replaceChildren(place, output);
  const width = Math.max(frame.clientWidth, 200);
  const chart = new uPlot(
    {
      width,
      height,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 } },
      padding: [8, 26, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      hooks: {
        setCursor: [({ cursor }) => tell(cursor.idx)],
        draw: [marks],
      },
      ...options,
    },
    data,
    place,
  );
  tell();
  place.tabIndex = 0;
  place.setAttribute("role", "group");
  place.setAttribute("aria-roledescription", "chart");
  place.setAttribute(
    "aria-label",
    `${frame.dataset.title}: the arrow keys read its points; the figures follow as a table`,
  );
  place.addEventListener("keydown", (event) => walk(event, chart, data[0]));
  place.addEventListener("blur", () => chart.setCursor({ left: -10, top: -10 }));
  drawn.set(place, chart);
  resized.observe(place);
};

const walk = (event, chart, xs) => {
  const last = xs.length - 1;
  const here = chart.cursor.idx;
  const to = {
    ArrowLeft: () => (Number.isInteger(here) ? Math.max(0, here - 1) : last),
    ArrowRight: () => (Number.isInteger(here) ? Math.min(last, here + 1) : 0),
    Home: () => 0,
    End: () => last,
  }[event.key]?.();
  if (to === undefined) return;
  event.preventDefault();
  chart.setCursor({ left: chart.valToPos(xs[to], "x"), top: 10 });
};

/** Forgets the charts that are no longer in the page. */
export const sweep = () => {
  for (const [place, chart] of drawn) {
    if (place.isConnected) continue;
    resized.unobserve(place);
    chart.destroy();
    drawn.delete(place);
  }
};

/** A rate over time with its interval. `points`: `{ at, value, low, high }`, `at` in ms, values 0..1 or null. */
export const rateChart = (frame, points, tone, read) =>
  draw(
    frame,
    150,
    {
      scales: { y: { range: [0, 1] } },
      axes: [dayAxis(), axis({ size: 44, splits: () => [0, 0.5, 1], values: (_, at) => at.map((v) => `${v * 100}%`) })],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: ink(`--${tone}`), width: 2, points: { show: lonely(points), size: 5, fill: ink(`--${tone}`) } },
      ],
      bands: [{ series: [1, 2], fill: ink(`--${tone}-soft`) }],
    },
    [
      points.map((point) => point.at / 1000),
      points.map((point) => point.high),
      points.map((point) => point.low),
      points.map((point) => point.value),
    ],
    read,
  );

const lonely = (points) => points.filter((point) => point.value !== null).length < 15;

/** What each tier cost, stacked. `points`: `{ at, l3, l4 }` in ms and USD. */
export const costChart = (frame, points, read) => {
  const bars = paths.bars({ size: [0.7, 28], radius: 0.12 });
  const tier = (tone) => ({
    fill: ink(`--${tone}`),
    stroke: "transparent",
    width: 0,
    paths: bars,
    points: { show: false },
  });
  draw(
    frame,
    270,
    {
      cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
      scales: {
        x: { range: (_, low, high) => [low - 43_200, high + 43_200] },
        y: { range: (_, low, high) => [0, (high || 1) * 1.1] },
      },
      axes: [dayAxis(), axis({ size: 52, space: 36, values: (_, at) => at.map((v) => `$${v}`) })],
      series: [{}, tier("l4"), tier("l3")],
    },
    [
      points.map((point) => point.at / 1000),
      points.map((point) => point.l3 + point.l4),
      points.map((point) => point.l3),
    ],
    read,
  );
};

/** What was said against what happened. `bins`: `{ said, rate, low, high, n }`, all shares; `curve`: `[said, used]`. */
export const calibrationChart = (frame, bins, curve, read) => {
  const share = () =>
    axis({ size: 44, splits: () => [0, 0.25, 0.5, 0.75, 1], values: (_, at) => at.map((v) => `${v * 100}%`) });
  const marks = (chart) => {
    const { ctx } = chart;
    const at = (x, y) => [chart.valToPos(x, "x", true), chart.valToPos(y, "y", true)];
    const ratio = devicePixelRatio;
    const line = (points, stroke, width, dash = []) => {
      ctx.beginPath();
      points.forEach(([x, y], index) => (index ? ctx.lineTo(...at(x, y)) : ctx.moveTo(...at(x, y))));
      Object.assign(ctx, { strokeStyle: colour(stroke), lineWidth: width * ratio });
      ctx.setLineDash(dash.map((length) => length * ratio));
      ctx.stroke();
    };
    ctx.save();
    line(
      [
        [0, 0],
        [1, 1],
      ],
      "--muted",
      1,
      [4, 4],
    );
    if (curve.length > 1) line(curve, "--l4", 1.5);
    for (const bin of bins)
      line(
        [
          [bin.said, bin.low],
          [bin.said, bin.high],
        ],
        "--l3",
        1.5,
      );
    ctx.fillStyle = colour("--l3");
    const most = Math.max(...bins.map((bin) => bin.n));
    for (const bin of bins) {
      ctx.beginPath();
      ctx.arc(...at(bin.said, bin.rate), (3 + 5 * Math.sqrt(bin.n / most)) * ratio, 0, 2 * Math.PI);
      ctx.fill();
    }
    ctx.restore();
  };
  draw(
    frame,
    300,
    {
      scales: { x: { time: false, range: [0, 1] }, y: { range: [0, 1] } },
      axes: [{ ...share(), size: 30, space: 40 }, share()],
      series: [{}, { stroke: "transparent", points: { show: false } }],
    },
    [bins.map((bin) => bin.said), bins.map((bin) => bin.rate)],
    read,
    marks,
  );
};
