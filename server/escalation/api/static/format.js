// Figures and times in words. A figure that is not known is a dash, never 0.

const DASH = "–";
const known = (value) => value !== null && value !== undefined;
const number = (options) => new Intl.NumberFormat("en", options).format;
const whole = number({ maximumFractionDigits: 0 });
const compact = number({ notation: "compact", maximumFractionDigits: 1 });
const cents = number({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
const fine = number({ minimumSignificantDigits: 1, maximumSignificantDigits: 2 });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const utcDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** 0.123 → 12%; below 10% with a decimal. */
export const percent = (share) =>
  known(share) ? `${(share * 100).toFixed(share >= 0.0005 && share < 0.0995 ? 1 : 0)}%` : DASH;

/** USD: cents, or two significant digits below one. */
export const usd = (amount) =>
  known(amount) ? `$${amount >= 0.1 || amount === 0 ? cents(amount) : fine(amount)}` : DASH;

export const count = (amount) => (known(amount) ? whole(amount) : DASH);
export const large = (amount) => (known(amount) ? compact(amount) : DASH);
export const decimal = (value) => (known(value) ? value.toFixed(2) : DASH);
export const counted = (amount, thing, things = `${thing}s`) => `${count(amount)} ${amount === 1 ? thing : things}`;

/** An interval, `low–high`, with the unit told once where it can be. */
export const range = (low, high, format = percent) =>
  known(low) && known(high) ? `${format(low).replace(/%$/, "")}–${format(high)}` : DASH;

/** Milliseconds → 340 ms, 4.2 s, 3 min 20 s. */
export const duration = (ms) => {
  if (!known(ms)) return DASH;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
};

const STEPS = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [2_592_000, "day", 86_400],
  [Infinity, "month", 2_592_000],
];

/** Milliseconds since the epoch → “3 hours ago”. */
export const ago = (ms, now = Date.now()) => {
  const seconds = (ms - now) / 1000;
  const [, unit, length] = STEPS.find(([below]) => Math.abs(seconds) < below);
  return relative.format(Math.trunc(seconds / length), unit);
};

export const when = (ms) => moment.format(ms);
export const day = (ms) => utcDay.format(ms);

/** A name of the host's, such as `needed_opus`, in words. */
export const words = (name) => name.replaceAll("_", " ");

// As in `cli/visible.py`: what has no width or turns the direction of writing must not make a text look otherwise.
const HIDDEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** The text with what cannot be seen written out. */
export const visible = (text) => text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
