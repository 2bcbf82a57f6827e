// One run, in a dialog: what was asked, what was decided, what each pass did, the diff, and what a person says of it.

import * as api from "./api.js";
import { diffView } from "./diff.js";
import { byId, h, put, table } from "./dom.js";
import { counted, decimal, duration, large, percent, usd, when, words } from "./format.js";
import { finished, shortName, tag } from "./runs.js";

const VERDICTS = [
  ["accepted", "Accepted", "The result was taken, or the recommendation was right"],
  ["discarded", "Discarded", "The result was thrown away"],
  ["dismissed", "Not needed", "The strong model was recommended, and not needed"],
  ["needed_opus", "Needed Opus", "The strong model would have been needed"],
];

/** The dialog. `changed()` is called when something was said or cancelled here, or the run moved on. */
export const runDialog = (changed) => {
  const dialog = byId("run");
  let shown = "";
  let spoken = ""; // what the models have said so far, while they do
  let stream = null;

  const leave = () => {
    stream?.close();
    stream = null;
    document.querySelector(`[data-run="${CSS.escape(shown)}"]`)?.focus({ preventScroll: true });
    shown = "";
    if (location.hash.startsWith("#run=")) history.replaceState(null, "", location.pathname + location.search);
  };

  const show = (run) => {
    const focused = document.activeElement?.id;
    const top = dialog.scrollTop;
    dialog.replaceChildren(
      title(run, () => dialog.close()),
      h("div", { class: "body" }, parts(run, act, spoken)),
    );
    dialog.scrollTop = top;
    if (focused) byId(focused)?.focus({ preventScroll: true });
  };

  const load = async (id) => {
    const run = await api.workflow(id);
    if (shown !== id) return null;
    show(run);
    return run;
  };

  /** Does what a button says, then shows what became of the run; a refusal is told beside the buttons. */
  const act = async (deed) => {
    const id = shown;
    let said = "";
    try {
      said = (await deed()).message;
    } catch (error) {
      said = error.message;
    }
    await load(id).catch(() => {});
    if (shown === id) put(byId("said"), said);
    changed();
  };

  /** Follows a run that is under way: its words as they come, everything else anew at each event. */
  const follow = (id) => {
    stream = api.events(id);
    let pending = 0;
    const anew = () => {
      clearTimeout(pending);
      pending = setTimeout(async () => {
        const run = await load(id).catch(() => null);
        if (run && finished(run)) {
          stream?.close();
          changed();
        }
      }, 150);
    };
    for (const type of ["state", "tier.start", "tier.end", "stream.end"]) stream.addEventListener(type, anew);
    stream.addEventListener("text.delta", ({ data }) => {
      const { text } = JSON.parse(data);
      spoken += text;
      const live = byId("live");
      if (!live) return;
      live.hidden = false;
      put(live, spoken);
    });
  };

  const open = async (id) => {
    stream?.close();
    shown = id;
    spoken = "";
    history.replaceState(null, "", `#run=${id}`);
    dialog.replaceChildren(h("div", { class: "title" }, h("h2", { id: "run-title" }, "Loading …")));
    if (!dialog.open) dialog.showModal();
    try {
      const run = await load(id);
      byId("run-close")?.focus();
      dialog.scrollTop = 0;
      if (run && !finished(run)) follow(id);
    } catch (error) {
      dialog.replaceChildren(
        h(
          "div",
          { class: "title" },
          h("h2", { id: "run-title" }, "This run cannot be shown"),
          close(() => dialog.close()),
        ),
        h("div", { class: "body" }, h("p", {}, error.message)),
      );
    }
  };

  dialog.addEventListener("close", leave);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return { open };
};

const close = (onclick) => h("button", { type: "button", id: "run-close", onclick }, "Close");

const title = (run, onclick) =>
  h(
    "div",
    { class: "title" },
    h(
      "div",
      {},
      h("h2", { id: "run-title" }, run.task_description || "A change without a task"),
      h("p", { class: "note" }, tag(run), " ", run.message),
    ),
    close(onclick),
  );

const part = (name, ...children) => h("section", {}, h("h3", {}, name), children);

const parts = (run, act, spoken) =>
  [
    facts(run),
    !finished(run) && h("p", { id: "live", class: "said", hidden: !spoken }, spoken),
    run.result?.text && part("What the models said", h("p", { class: "said" }, run.result.text)),
    run.result?.diff && part(`Diff of ${counted(run.result.files_changed, "file")}`, diffView(run.result.diff)),
    buttons(run, act),
    run.reasons.length > 0 && part("Reasons", scroll(reasonTable(run.reasons))),
    run.tiers.length > 0 && part("Passes", scroll(passTable(run.tiers))),
    part("States", steps(run)),
  ].filter(Boolean);

const scroll = (content) => h("div", { class: "scroll" }, content);

const facts = (run) => {
  const { usage } = run;
  const recommended =
    run.should_escalate === null
      ? "not decided yet"
      : `${run.recommended_model} (${run.recommended_route}), confidence ${decimal(run.confidence)}`;
  const tokens = `${large(read(usage))} in, ${large(usage.output_tokens)} out`;
  const rows = [
    ["Submitted", h("time", { datetime: new Date(run.created_at).toISOString() }, when(run.created_at))],
    ["Repository", h("span", { title: run.repository }, shortName(run.repository) || "none")],
    ["Recommended", recommended],
    [
      "Default model fails",
      run.failure_probability === null ? "unknown" : `${percent(run.failure_probability)} likely`,
    ],
    ["Expected cost", usd(run.cost_estimate)],
    run.execute && ["Cost", run.cost === null ? "unknown" : usd(run.cost)],
    run.execute && ["Tokens", tokens],
    run.execute && ["Time", duration(run.ttc_ms)],
    run.signal && ["Escalated because of", words(run.signal)],
    run.result && ["Verified", { true: "passed", false: "failed" }[run.result.verified] ?? "no result"],
  ];
  return h(
    "dl",
    { class: "facts" },
    rows.filter(Boolean).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
};

/** Tokens that were sent, from the cache or not. */
const read = (usage) => usage.input_tokens + usage.cache_read + usage.cache_creation;

const reasonTable = (reasons) =>
  table(
    "Reasons for the strong model",
    [
      { title: "Reason", cell: (reason) => words(reason.reason) },
      { title: "Priority", cell: (reason) => reason.priority },
      { title: "Confidence", number: true, cell: (reason) => decimal(reason.confidence) },
      { title: "Validation", cell: (reason) => words(reason.result) },
    ],
    reasons,
  );

const passTable = (tiers) =>
  table(
    "The passes of the run",
    [
      { title: "Pass", cell: (pass) => `${pass.number} · ${pass.tier}` },
      { title: "Model", cell: (pass) => pass.model },
      { title: "Requests", number: true, cell: (pass) => pass.requests },
      {
        title: "Tokens in",
        number: true,
        cell: ({ usage }) => large(read(usage)),
      },
      { title: "Tokens out", number: true, cell: ({ usage }) => large(usage.output_tokens) },
      {
        title: "Time",
        number: true,
        cell: (pass) => (pass.finished_at === null ? "under way" : duration(pass.ttc_ms)),
      },
      { title: "Cost", number: true, cell: (pass) => (pass.finished_at === null ? "" : usd(pass.cost)) },
    ],
    tiers,
  );

const steps = (run) =>
  h(
    "ol",
    { class: "steps" },
    run.transitions.map(({ state, at, reason }) =>
      h(
        "li",
        {},
        h("span", { class: "muted" }, `+${duration(at - run.created_at)}`),
        h("span", {}, words(state)),
        h("span", { class: "muted" }, reason),
      ),
    ),
  );

const buttons = (run, act) => {
  const last = run.feedback.reduce((newest, said) => (newest && newest.at > said.at ? newest : said), null)?.verdict;
  const say = (verdict) => () => act(() => api.feedback({ verdict, workflow_id: run.workflow_id }));
  const verdict = ([name, label, meaning]) =>
    h(
      "button",
      { type: "button", id: `say-${name}`, "aria-pressed": String(name === last), onclick: say(name) },
      h("span", {}, label),
      h("small", {}, meaning),
    );
  const stop = () => act(() => api.cancel(run.workflow_id));
  return part(
    "Your verdict",
    h("p", { class: "note" }, "What you say here is what the confidences of this repository are calibrated on."),
    h("div", { class: "verdicts" }, VERDICTS.map(verdict)),
    !finished(run) &&
      h(
        "p",
        { class: "pages" },
        h("button", { type: "button", id: "say-cancel", disabled: run.cancelling, onclick: stop }, "Cancel the run"),
      ),
    h("p", { id: "said", class: "note", role: "status" }),
  );
};
