// The output of a run: a read-only document that grows while the models speak.

import { type Disposable, EventEmitter, type TextDocumentContentProvider, Uri, window, workspace } from 'vscode';
import { usd } from './money';
import type { Run } from './protocol';
import type { Runs } from './runs';
import { arrows, ended, shortened } from './titles';

export const OUTPUT = 'escalation-run';
/** The first words are shown at once, then so often. */
const MILLISECONDS_BETWEEN_UPDATES = 100;

export class Output implements TextDocumentContentProvider, Disposable {
  private readonly changed = new EventEmitter<Uri>();
  readonly onDidChange = this.changed.event;
  private readonly shown = new Map<string, Uri>();
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private readonly stale = new Set<string>();
  private readonly subscriptions: Disposable[];

  constructor(private readonly runs: Runs) {
    this.subscriptions = [
      workspace.registerTextDocumentContentProvider(OUTPUT, this),
      runs.onDidTell((workflow) => this.update(workflow)),
      workspace.onDidCloseTextDocument((document) => {
        if (document.uri.scheme === OUTPUT) this.shown.delete(document.uri.query);
      }),
    ];
  }

  provideTextDocumentContent(uri: Uri): string {
    const run = this.runs.get(uri.query);
    const transcript = this.runs.transcript(uri.query);
    if (transcript) return `# ${run?.task ?? 'Run'}\n\n${transcript.text}`;
    return run ? summary(run) : 'This run is not known any more.\n';
  }

  /** Effect: shows what a run says. */
  async show(workflow: string): Promise<void> {
    const task = shortened(this.runs.get(workflow)?.task ?? '', 40).replace(/[/\\?#:]+/g, ' ') || 'Run';
    const uri = Uri.from({ scheme: OUTPUT, path: `/${task}.md`, query: workflow });
    this.shown.set(workflow, uri);
    // It stays when the diff of the result opens.
    await window.showTextDocument(uri, { preview: false });
  }

  dispose(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    for (const item of [this.changed, ...this.subscriptions]) item.dispose();
  }

  private update(workflow: string): void {
    const uri = this.shown.get(workflow);
    if (!uri) return;
    if (this.waiting.has(workflow)) {
      this.stale.add(workflow);
      return;
    }
    this.changed.fire(uri);
    const again = () => {
      this.waiting.delete(workflow);
      if (this.stale.delete(workflow)) this.update(workflow);
    };
    this.waiting.set(workflow, setTimeout(again, MILLISECONDS_BETWEEN_UPDATES));
  }
}

/** A run of which this window heard nothing: it ended before, or elsewhere. */
function summary(run: Run): string {
  const lines = [`# ${run.task}`, '', `${arrows(run.tier || run.route)} · ${ended(run)} · ${usd(run.cost)}`];
  if (run.message) lines.push('', run.message);
  if (run.files.length) lines.push('', ...run.files.map((file) => `- ${file.path} (${file.kind})`));
  return `${lines.join('\n')}\n`;
}
