// The host's REST API, as this page uses it. The browser's cookie is the proof of who asks.

const BASE = "v1/escalation";

/** What the host said no with. `status` is 0 where it could not be reached. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const ask = async (path, options = {}) => {
  let response;
  try {
    response = await fetch(`${BASE}/${path}`, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new ApiError(0, "The host does not answer.");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, said(body) || `The host answered ${response.status}.`);
  return body;
};

const said = (body) => body?.error?.message;

const query = (fields) =>
  new URLSearchParams(
    Object.entries(fields).filter(([, value]) => value !== "" && value !== null && value !== undefined),
  );

export const statistics = (days, repository) => ask(`statistics?${query({ days, repository })}`);
export const workflows = (fields) => ask(`workflows?${query(fields)}`);
export const workflow = (id) => ask(`status/${encodeURIComponent(id)}`);
export const cancel = (id) => ask(`workflow/${encodeURIComponent(id)}`, { method: "DELETE" });
export const feedback = (body) =>
  ask("feedback", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** The events of a workflow as they happen; close it with `.close()`. */
export const events = (id) => new EventSource(`${BASE}/events/${encodeURIComponent(id)}`);
