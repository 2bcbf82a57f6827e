// The page: what it shows is chosen by its address (`?days=30&repository=…#run=…`), so it can be kept and sent.

import * as api from "./api.js";
import { byId, h, put } from "./dom.js";
import { panels } from "./panels.js";
import { runDialog } from "./run.js";
import { runList, shortName } from "./runs.js";

const scope = byId("scope");
const figures = byId("figures");

const chosen = () => ({ days: scope.days.value, repository: scope.repository.value });

const PROBLEMS = ["signed-out", "gone", "refused"];
const EMPTY = ["unbegun", "elsewhen"];

/** Of these parts of the page only the one is shown, or none. */
const only = (one, parts) => parts.forEach((part) => (byId(part).hidden = part !== one));

const draw = async () => {
  const wanted = chosen();
  figures.setAttribute("aria-busy", "true");
  const done = () => figures.setAttribute("aria-busy", "false");
  const found = await api.statistics(wanted.days, wanted.repository).finally(done);
  const now = chosen();
  if (now.days !== wanted.days || now.repository !== wanted.repository) return; // another answer is on its way
  offer(found.repositories);
  const begun = found.repositories.length > 0 || found.decisions > 0;
  only(found.decisions ? "" : begun ? "elsewhen" : "unbegun", EMPTY);
  figures.hidden = !found.decisions;
  byId("runs").hidden = !begun;
  if (found.decisions) panels(figures, found);
};

/** Does it, and says what went wrong, if anything did. */
const attempt = async (...deeds) => {
  try {
    await Promise.all(deeds.map((deed) => deed()));
    only("", PROBLEMS);
  } catch (error) {
    only(error.status === 401 ? "signed-out" : error.status === 0 ? "gone" : "refused", PROBLEMS);
    put(byId("why"), error.message);
    if (error.status !== 401) return;
    only("", EMPTY);
    figures.hidden = byId("runs").hidden = true;
  }
};

const troubled = () => PROBLEMS.some((problem) => !byId(problem).hidden);

/** The repositories that can be chosen; the one that is chosen stays so, also if it has gone. */
const offer = (repositories) => {
  const select = scope.repository;
  const there = [...select.options].slice(1).map((option) => option.value);
  const wanted = [...new Set([...repositories, select.value])].filter(Boolean).sort();
  if (there.join("\n") === wanted.join("\n")) return;
  const value = select.value;
  const names = wanted.map(shortName);
  const name = (repository, at) => (names.filter((other) => other === names[at]).length > 1 ? repository : names[at]);
  select.replaceChildren(
    select.options[0],
    ...wanted.map((repository, at) => h("option", { value: repository }, name(repository, at))),
  );
  select.value = value;
};

/** The choice that the address names. */
const restore = () => {
  const address = new URLSearchParams(location.search);
  const days = address.get("days");
  if ([...scope.days].some((radio) => radio.value === days)) scope.days.value = days;
  const repository = address.get("repository") ?? "";
  if (repository) offer([repository]);
  scope.repository.value = repository;
};

const remember = () => {
  const { days, repository } = chosen();
  const address = new URLSearchParams(repository ? { days, repository } : { days });
  history.replaceState(null, "", `?${address}${location.hash}`);
};

const dialog = runDialog(() => attempt(draw, runs.look));
const runs = runList({
  scope: () => ({ repository: scope.repository.value }),
  open: (id) => dialog.open(id),
  ended: () => attempt(draw),
  attempt,
  again: () => attempt(...(troubled() ? [draw] : []), runs.look), // all of it, after a trouble
});
const load = () => attempt(draw, runs.load);

for (const button of document.querySelectorAll(".again")) button.addEventListener("click", () => load());
scope.addEventListener("change", () => {
  remember();
  load();
});
scope.addEventListener("submit", (event) => event.preventDefault());
const addressed = () => {
  const [, run] = /^#run=(.+)$/.exec(location.hash) ?? [];
  if (run) dialog.open(decodeURIComponent(run));
};

addEventListener("hashchange", addressed);
restore();
await load();
addressed();
