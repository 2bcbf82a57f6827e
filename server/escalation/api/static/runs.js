// The list of runs: filtered, in pages, and kept up to date while somebody looks at it.

import * as api from "./api.js";
import { byId, h, put, table } from "./dom.js";
import { ago, counted, decimal, usd, when, words } from "./format.js";

const PAGE = 25;
const BUSY_MS = 2_500; // between two looks while something is under way
const CALM_MS = 20_000;
const FINISHED = new Set(["completed", "failed", "cancelled"]);
const TONE = {
  success: "good",
  fallback_success: "good",
  partial_success: "warn",
  failed: "bad",
  timeout: "bad",
  cancelled: "calm",
  decided: "calm",
};

export const finished = (run) => FINISHED.has(run.state);

/** The state and outcome in one or two words, as a coloured tag: the words say it, the colour only repeats it. */
export const tag = (run) => {
  const what = !finished(run)
    ? run.cancelling
      ? "cancelling"
      : run.state
    : (run.outcome ?? (run.execute ? run.state : "decided"));
  return h("span", { class: `tag ${TONE[what] ?? "l3 running"}` }, words(what));
};

/** The last part of a repository's path. */
export const shortName = (repository) => repository.replace(/\/+$/, "").split("/").at(-1) || repository;

/**
 * The list in the page. `scope()` gives the repository; `open(id)` shows a run; `ended()` is called when one has;
 * `attempt(deed)` does something and says what went wrong; `again()` looks anew.
 */
export const runList = ({ scope, open, ended, attempt, again }) => {
  const list = byId("list");
  const filter = byId("filter");
  const more = byId("more");
  let rows = [];
  let cursor = "";
  let asked = 0; // counts the requests: an answer that another one has overtaken is dropped
  let timer = 0;

  const fields = () => ({ ...scope(), ...Object.fromEntries(new FormData(filter)), limit: PAGE });

  const load = async () => {
    const mine = ++asked;
    const page = await api.workflows(fields());
    if (mine !== asked) return;
    rows = page.workflows;
    cursor = page.cursor;
    show();
  };

  const older = async () => {
    const mine = ++asked;
    more.disabled = true;
    const page = await api.workflows({ ...fields(), cursor }).finally(() => (more.disabled = false));
    if (mine !== asked) return;
    const first = rows.length;
    rows = [...rows, ...page.workflows];
    cursor = page.cursor;
    show();
    list.querySelectorAll("button.open")[first]?.focus();
    put(byId("news"), `${counted(rows.length, "run")} shown`);
  };

  /** Looks again at the newest runs; older ones that were fetched stay. */
  const look = async () => {
    const mine = ++asked;
    const page = await api.workflows(fields());
    if (mine !== asked) return;
    const known = new Set(rows.filter(finished).map((run) => run.workflow_id));
    const fresh = new Set(page.workflows.map((run) => run.workflow_id));
    const oldest = page.workflows.at(-1)?.created_at ?? 0;
    const kept = page.cursor ? rows.filter((run) => !fresh.has(run.workflow_id) && run.created_at <= oldest) : [];
    if (!kept.length) cursor = page.cursor;
    rows = [...page.workflows, ...kept];
    show();
    const done = page.workflows.filter((run) => finished(run) && !known.has(run.workflow_id));
    if (!done.length) return;
    const news = done.map((run) => `${run.task_description}: ${words(run.outcome ?? run.state)}`);
    put(byId("news"), news.join(". "));
    ended();
  };

  const show = () => {
    const focused = document.activeElement?.dataset?.run;
    list.replaceChildren(
      rows.length ? table("Runs, the newest first", COLUMNS(open), rows) : h("p", { class: "note" }, "No run matches."),
    );
    more.hidden = !cursor;
    if (focused) list.querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    schedule();
  };

  const schedule = () => {
    clearTimeout(timer);
    if (document.visibilityState !== "visible") return;
    timer = setTimeout(lookAgain, rows.every(finished) ? CALM_MS : BUSY_MS);
  };

  const lookAgain = () => again().finally(schedule);

  more.addEventListener("click", () => attempt(older));
  filter.addEventListener("change", () => attempt(load));
  filter.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") lookAgain();
  });

  return { load, look };
};

const COLUMNS = (open) => [
  {
    title: "Task",
    cell: (run) => [
      h(
        "button",
        {
          type: "button",
          class: "open",
          "data-run": run.workflow_id,
          "aria-haspopup": "dialog",
          onclick: () => open(run.workflow_id),
        },
        run.task_description || "(a change without a task)",
      ),
      h("small", { class: "place" }, shortName(run.repository)),
    ],
  },
  { title: "State", cell: tag },
  { title: "Recommended", cell: recommended },
  { title: "Tier", cell: (run) => run.tier.replaceAll("->", " → ") },
  { title: "Cost", number: true, cell: (run) => (run.execute ? usd(run.cost) : "") },
  {
    title: "When",
    number: true,
    cell: (run) =>
      h("time", { datetime: new Date(run.created_at).toISOString(), title: when(run.created_at) }, ago(run.created_at)),
  },
];

const recommended = (run) =>
  run.should_escalate === null ? "" : `${run.should_escalate ? "strong" : "default"} ${decimal(run.confidence)}`;
