// Runs: those of this workspace, what they say, and what can be asked of them. The one owner of what is known of them.

import { type CancellationToken, type Disposable, EventEmitter, ProgressLocation, window } from 'vscode';
import {
  APPLY,
  type Applied,
  CANCEL,
  DISCARD,
  finished,
  type HostEvent,
  PREVIEW,
  type Preview,
  RUN,
  RUNS,
  type Run,
  type RunParams,
  WAITING,
} from './protocol';
import type { Server } from './server';
import { shortened } from './titles';
import { Transcript } from './transcript';

const MILLISECONDS_BETWEEN_LOOKS = 300;

export class Runs implements Disposable {
  private known: Run[] = [];
  private readonly transcripts = new Map<string, Transcript>();
  private looking: NodeJS.Timeout | undefined;
  private readonly changed = new EventEmitter<void>();
  private readonly told = new EventEmitter<string>();
  /** The list, or a run in it, is another one. */
  readonly onDidChange = this.changed.event;
  /** A run said something; names its workflow. */
  readonly onDidTell = this.told.event;
  private readonly waiting = new EventEmitter<string>();
  /** The result of a run that this window, or one before it, began was waiting for it; names its workflow. */
  readonly onDidWait = this.waiting.event;
  private readonly subscriptions: Disposable[];

  constructor(private readonly server: Server) {
    this.subscriptions = [
      server.onDidTell((event) => this.tell(event)),
      server.onDidChange((condition) => condition.kind === 'running' && this.lookSoon()),
    ];
  }

  /** Newest first. */
  get list(): readonly Run[] {
    return this.known;
  }

  get(workflow: string): Run | undefined {
    return this.known.find((run) => run.workflow === workflow);
  }

  transcript(workflow: string): Transcript | undefined {
    return this.transcripts.get(workflow);
  }

  /** The run that is under way; the newest, if there are several. */
  get current(): Run | undefined {
    return this.known.find((run) => !finished(run));
  }

  /** Effect: has a task done, shown as a progress that can be cancelled. Raises Refusal. */
  async start(params: RunParams): Promise<Run> {
    const title = params.task ? `Opus escalation: ${shortened(params.task, 60)}` : 'Opus escalation';
    const options = { location: ProgressLocation.Notification, title, cancellable: true };
    try {
      return await window.withProgress(options, async (progress, token) => {
        const report = (message: string) => progress.report({ message });
        report('starting');
        return await this.server.askReporting<Run>(RUN, params, report, token);
      });
    } finally {
      await this.look();
    }
  }

  /** What applying would make of a file. Raises Refusal. */
  preview(workflow: string, path: string): Promise<Preview> {
    return this.server.ask(PREVIEW, { workflow, path });
  }

  /** Effect: the server edits the files, all or some of them. Raises Refusal. */
  async apply(workflow: string, paths?: readonly string[]): Promise<Applied> {
    const applied = await this.server.ask<Applied>(APPLY, { workflow, ...(paths && { paths }) });
    await this.look();
    return applied;
  }

  /** Effect: the result is not wanted. Raises Refusal. */
  async discard(workflow: string): Promise<void> {
    await this.server.ask(DISCARD, { workflow });
    await this.look();
  }

  /** Effect: no further request to a model begins. Raises Refusal. */
  async cancel(workflow: string): Promise<void> {
    await this.server.ask(CANCEL, { workflow });
    await this.look();
  }

  /** Effect: asks the server for the list. A server that cannot say leaves it as it was. */
  async look(token?: CancellationToken): Promise<void> {
    clearTimeout(this.looking);
    this.looking = undefined;
    try {
      this.known = await this.server.ask<Run[]>(RUNS, {}, token);
    } catch (error) {
      this.server.log.debug(`${RUNS}: ${error}`);
      return;
    }
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.looking);
    for (const item of [this.changed, this.told, this.waiting, ...this.subscriptions]) item.dispose();
  }

  private tell(event: HostEvent): void {
    if (event.type === WAITING) {
      void this.look().then(() => this.waiting.fire(event.workflow));
      return;
    }
    let transcript = this.transcripts.get(event.workflow);
    if (!transcript) {
      transcript = new Transcript();
      this.transcripts.set(event.workflow, transcript);
    }
    transcript.tell(event.type, event.body);
    this.told.fire(event.workflow);
    if (event.type !== 'text.delta') this.lookSoon();
  }

  /** Events come in bursts; the list is asked for once in a while. */
  private lookSoon(): void {
    this.looking ??= setTimeout(() => void this.look(), MILLISECONDS_BETWEEN_LOOKS);
  }
}
