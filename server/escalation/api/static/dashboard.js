// The page: what it shows is chosen by its address (`?days=30&repository=…#run=…`), so it can be kept and sent.

import * as api from "./api.js";
import { byId, h, put } from "./dom.js";
import { visible } from "./format.js";
import { panels } from "./panels.js";
import { runDialog } from "./run.js";
import { runList, shortName } from "./runs.js";

const scope = byId("scope");
const figures = byId("figures");

const chosen = () => ({ days: scope.days.value, repository: scope.repository.value });

const draw = async () => {
  const wanted = chosen();
  figures.setAttribute("aria-busy", "true");
  const found = await api.statistics(wanted.days, wanted.repository).finally(() => figures.setAttribute("aria-busy", "false"));
  const now = chosen();
  if (now.days !== wanted.days || now.repository !== wanted.repository) return; // another answer is on its way
  offer(found.repositories);
  const empty = found.decisions === 0;
  figures.hidden = empty;
  byId("empty").hidden = !empty;
  byId("runs").hidden = empty && found.repositories.length === 0;
  if (empty) put(byId("empty"), nothing(found.repositories));
  else panels(figures, found);
};

/** Does it, and says what went wrong, if anything did. */
const attempt = async (...deeds) => {
  try {
    await Promise.all(deeds.map((deed) => deed()));
    byId("problem").hidden = true;
  } catch (error) {
    trouble(error);
  }
};

const trouble = (error) => {
  const signedOut = error.status === 401;
  put(
    byId("problem"),
    h("h2", {}, signedOut ? "This browser has not been let in" : "The figures cannot be shown"),
    signedOut
      ? [h("p", {}, "The host shows its history only to who has its token. While it runs, this prints a link that opens this page:"), h("pre", {}, "escalation stats")]
      : [h("p", {}, error.message), !error.status && [h("p", {}, "It ends by itself when nobody has needed it for a while. This starts it again, and prints a link to this page:"), h("pre", {}, "escalation serve")]],
    h("p", {}, h("button", { type: "button", onclick: () => load() }, "Try again")),
  );
  byId("problem").hidden = false;
  if (signedOut) for (const id of ["figures", "empty", "runs"]) byId(id).hidden = true;
};

const nothing = (repositories) =>
  repositories.length
    ? [h("h2", {}, "Nothing in this time"), h("p", {}, "No change was judged here in the days that are shown. Choose a longer time, or another repository.")]
    : [
        h("h2", {}, "Nothing has been recorded yet"),
        h("p", {}, "As soon as a change is submitted, this page shows how it was judged, what it cost and whether that was right. From a terminal, in a repository:"),
        h("pre", {}, 'escalation run --task "Lock an account after five failed logins" src/auth/login.py'),
        h("p", {}, "Programs ask the host themselves: ", h("code", {}, "POST /v1/escalation/submit"), ". Without ", h("code", {}, "execute"), " it decides only, and nothing is spent."),
      ];

/** The repositories that can be chosen; the one that is chosen stays so, also if it has gone. */
const offer = (repositories) => {
  const select = scope.repository;
  const there = [...select.options].slice(1).map((option) => option.value);
  const wanted = [...new Set([...repositories, select.value])].filter(Boolean).sort();
  if (there.join("\n") === wanted.join("\n")) return;
  const value = select.value;
  const names = wanted.map(shortName);
  const name = (repository, at) => (names.filter((other) => other === names[at]).length > 1 ? repository : names[at]);
  select.replaceChildren(select.options[0], ...wanted.map((repository, at) => h("option", { value: repository }, visible(name(repository, at)))));
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
const runs = runList(
  () => ({ repository: scope.repository.value }),
  (id) => dialog.open(id),
  () => attempt(draw),
);
const load = () => attempt(draw, runs.load);

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
