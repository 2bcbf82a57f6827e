// What the extension and the language server say to each other besides LSP (docs/protocol.md). Names are binding.

export const RUN = 'escalation/run';
export const RUNS = 'escalation/runs';
export const PREVIEW = 'escalation/preview';
export const APPLY = 'escalation/apply';
export const DISCARD = 'escalation/discard';
export const CANCEL = 'escalation/cancel';
export const STATUS = 'escalation/status';
export const EVENT = 'escalation/event';
export const RECOMMENDATION = 'escalation/recommendation';

export interface Position {
  line: number;
  character: number;
}

export interface RunParams {
  uri: string;
  range?: { start: Position; end: Position };
  task?: string;
  route?: string;
  reason?: string;
  symbol?: string | null;
}

export interface RunFile {
  path: string;
  uri: string;
  kind: 'modified' | 'created' | 'deleted';
}

export interface Run {
  workflow: string;
  task: string;
  state: string;
  outcome: string | null;
  route: string;
  tier: string;
  /** USD; null where a price is unknown. */
  cost: number | null;
  /** Milliseconds since the epoch. */
  started: number;
  finished: number | null;
  message: string;
  files: RunFile[];
  verified: boolean | null;
  complete: boolean;
  /** Whether this window started it. */
  own: boolean;
  applied: 'no' | 'yes' | 'discarded';
}

export interface Preview {
  path: string;
  uri: string;
  before: string | null;
  after: string | null;
  rebased: boolean;
  conflict: string | null;
}

export interface Applied {
  applied: string[];
  kept: { path: string; why: string }[];
  /** The patch file with what was kept. */
  patch: string | null;
}

export interface HostEvent {
  workflow: string;
  id: string;
  type: string;
  body: Readonly<Record<string, unknown>>;
}

export interface Key {
  endpoint: string;
  variable: string;
  present: boolean;
}

export interface Status {
  /** `message` says why there is none; `dashboard` is an address with a token in it. */
  host: { running: boolean; message: string; dashboard: string | null };
  /** USD. */
  spentToday: number | null;
  keys: Key[];
}

export interface Recommendation {
  uri: string;
  shouldEscalate: boolean;
  confidence: number;
  route: string;
  model: string;
  summary: string;
  /** USD. */
  cost: { p10: number; p50: number; p90: number } | null;
}

const FINISHED = new Set(['completed', 'failed', 'cancelled']);

/** Whether a run has come to its end. */
export function finished(run: Run): boolean {
  return FINISHED.has(run.state);
}

/** The type of an event that brings no news of a run, but the run itself: its result waited for this window. */
export const WAITING = 'run.waiting';

/** Whether a run has a result that was neither applied nor discarded. */
export function offered(run: Run): boolean {
  return finished(run) && run.applied === 'no' && run.files.length > 0;
}

/** An answer that says why something was not done, and what to do. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly variable: string = '',
  ) {
    super(message);
  }
}

/** The refusal in an answer or in the error of a response, if it is one. */
export function refusalIn(answer: unknown): Refusal | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const given = answer as { code?: unknown; message?: unknown; variable?: unknown; data?: unknown };
  if (typeof given.message !== 'string') return undefined;
  const held = (typeof given.data === 'object' && given.data !== null ? given.data : given) as typeof given;
  if (typeof held.code !== 'string') return undefined;
  return new Refusal(given.message, held.code, typeof held.variable === 'string' ? held.variable : '');
}
