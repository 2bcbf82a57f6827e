// A transcript: what a run's events come to, as a text for people and as the few figures of its progress.

import { usd } from './money';
import { arrows } from './titles';

type Body = Readonly<Record<string, unknown>>;

interface Piece {
  /** Whether a model said it: such text can be taken back by a retry. */
  readonly said: boolean;
  text: string;
}

export class Transcript {
  tier = '';
  model = '';
  /** USD so far; null where a price is unknown, undefined before anything is known. */
  spent: number | null | undefined;
  /** What goes on, in a few words. */
  phase = 'starting';
  private readonly pieces: Piece[] = [];
  private written: string | undefined;

  /** Effect: the transcript goes on with an event. Events nobody knows are left out. */
  tell(type: string, body: Body): void {
    this.written = undefined;
    TELLING[type]?.(this, body);
  }

  get text(): string {
    this.written ??= this.pieces.map((piece) => piece.text).join('');
    return this.written;
  }

  /** `L4 · claude-opus-5-5 · $0.12`. */
  get progress(): string {
    const figures = [this.tier, this.model || this.phase];
    if (this.spent !== undefined) figures.push(usd(this.spent));
    return figures.filter(Boolean).join(' · ');
  }

  say(text: string): void {
    const last = this.pieces.at(-1);
    if (last?.said) last.text += text;
    else this.pieces.push({ said: true, text: `\n${text}` });
  }

  note(line: string): void {
    const before = this.pieces.at(-1);
    this.pieces.push({ said: false, text: `${before && !before.text.endsWith('\n') ? '\n' : ''}${line}\n` });
  }

  /** Effect: takes back the last characters that a model said. */
  unsay(characters: number): void {
    for (let i = this.pieces.length - 1; i >= 0 && characters > 0; i--) {
      const piece = this.pieces[i];
      if (!piece?.said) continue;
      const taken = Math.min(characters, piece.text.length - 1);
      piece.text = piece.text.slice(0, piece.text.length - taken);
      characters -= taken;
    }
  }
}

const TELLING: Record<string, (transcript: Transcript, body: Body) => void> = {
  'meta.classification': (transcript, body) => {
    const route = arrows(text(body, 'route'));
    transcript.phase = `route ${route}`;
    transcript.note(`Route ${route}: ${text(body, 'reason')}`);
  },
  'meta.redaction': (transcript, body) => {
    const masked = Array.isArray(body.masked) ? body.masked.length : 0;
    transcript.note(`${masked} ${masked === 1 ? 'secret is' : 'secrets are'} masked in what is sent.`);
  },
  'tier.start': (transcript, body) => {
    transcript.tier = text(body, 'tier');
    transcript.model = text(body, 'model');
    transcript.phase = 'working';
    transcript.note(`\n## ${transcript.tier} · ${transcript.model}`);
  },
  'text.delta': (transcript, body) => transcript.say(text(body, 'text')),
  tool_call: (transcript, body) => transcript.note(`- ${text(body, 'name')}: ${text(body, 'summary')}`),
  tool_refused: (transcript, body) => transcript.note(`- ${text(body, 'name')} was refused: ${text(body, 'message')}`),
  'meta.retry': (transcript, body) => {
    transcript.unsay(number(body, 'discarded') ?? 0);
    transcript.note(`- again in ${Math.ceil(number(body, 'seconds') ?? 0)} s: ${text(body, 'reason')}`);
  },
  'meta.fallback': (transcript, body) => {
    transcript.model = text(body, 'to_model');
    transcript.note(`- ${text(body, 'to_model')} takes over from ${text(body, 'from_model')}: ${text(body, 'reason')}`);
  },
  'meta.escalation': (transcript, body) =>
    transcript.note(`\n**${text(body, 'from_tier')} → ${text(body, 'to_tier')}**: ${text(body, 'reason')}`),
  'meta.verification': (transcript, body) => {
    const state = text(body, 'state');
    transcript.phase = state === 'running' ? 'checking' : transcript.phase;
    transcript.note(state === 'running' ? '- the check runs' : `- verification: ${state}`);
  },
  'tier.end': (transcript, body) => {
    transcript.spent = number(body, 'spent');
    transcript.note(`\n${text(body, 'tier')} is done: ${usd(number(body, 'cost'))}, ${seconds(body)}.`);
  },
  'stream.end': (transcript, body) => {
    transcript.spent = number(body, 'cost');
    const outcome = text(body, 'outcome').replaceAll('_', ' ');
    transcript.phase = outcome;
    const why = text(body, 'reason');
    transcript.note(
      `\n---\n${arrows(text(body, 'tier'))} · ${outcome} · ${usd(transcript.spent)}${why && `\n\n${why}`}`,
    );
  },
  state: (transcript, body) => {
    transcript.phase = text(body, 'state') || transcript.phase;
  },
};

function text(body: Body, key: string): string {
  const value = body[key];
  return typeof value === 'string' ? value : '';
}

function number(body: Body, key: string): number | null {
  const value = body[key];
  return typeof value === 'number' ? value : null;
}

function seconds(body: Body): string {
  return `${((number(body, 'ttc_ms') ?? 0) / 1000).toFixed(1)} s`;
}
