// The server: finds the language server, starts it, and is the one owner of the connection to it.

import { randomUUID } from 'node:crypto';
import {
  type CancellationToken,
  commands,
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  Uri,
  window,
  workspace,
} from 'vscode';
import {
  LanguageClient,
  type LanguageClientOptions,
  LSPErrorCodes,
  ResponseError,
  RevealOutputChannelOn,
  State,
  WorkDoneProgress,
} from 'vscode-languageclient/node';
import { serverKeys, userSettings } from './configuration';
import { managed } from './environment';
import type { Keys } from './keys';
import { LANGUAGES } from './languages';
import type { Launch } from './launch';
import { EVENT, type HostEvent, RECOMMENDATION, type Recommendation, Refusal, refusalIn } from './protocol';
import { BadPath, named, onPath, selected } from './python';
import { SECTION } from './settings';

export type Condition =
  | { kind: 'stopped' | 'starting' }
  | { kind: 'running'; launch: Launch; version: string }
  | { kind: 'missing' }
  | { kind: 'failed'; message: string };

/** What is done instead of a command of the server's, or before it. `next` asks the server. */
export type Intercept = (command: string, argument: unknown, next: () => Promise<unknown>) => Promise<unknown>;

export class Server implements Disposable {
  private client: LanguageClient | undefined;
  /** Starts and stops one after the other; `queued` when another start waits already. */
  private turn: Promise<void> = Promise.resolve();
  private queued = false;
  private now: Condition = { kind: 'stopped' };
  private readonly changed = new EventEmitter<Condition>();
  private readonly told = new EventEmitter<HostEvent>();
  private readonly recommended = new EventEmitter<Recommendation>();
  readonly onDidChange = this.changed.event;
  readonly onDidTell = this.told.event;
  readonly onDidRecommend = this.recommended.event;
  /** Set once, before the first start. */
  intercept: Intercept = (_command, _argument, next) => next();

  constructor(
    private readonly context: ExtensionContext,
    private readonly keys: Keys,
    readonly log: LogOutputChannel,
  ) {}

  get condition(): Condition {
    return this.now;
  }

  /** Effect: stops the server if it runs, and starts it as the settings now say. Many wishes at once are one. */
  restart(): Promise<void> {
    if (!this.queued) {
      this.queued = true;
      this.turn = this.turn.then(async () => {
        this.queued = false;
        await this.stop();
        await this.start();
      });
    }
    return this.turn;
  }

  /** The answer to a request of ours. Raises Refusal. */
  async ask<Answer>(method: string, params: object, token?: CancellationToken): Promise<Answer> {
    await this.turn;
    const client = this.client;
    if (!client) throw new Refusal('The language server does not run.', 'not_running');
    try {
      // A token that is undefined would count as a second parameter.
      const answer = await client.sendRequest<Answer>(method, params, ...(token ? [token] : []));
      const refusal = refusalIn(answer);
      if (refusal) throw refusal;
      return answer;
    } catch (error) {
      if (error instanceof Refusal) throw error;
      const code = error instanceof ResponseError ? error.code : 0;
      if (token?.isCancellationRequested || code === LSPErrorCodes.RequestCancelled)
        throw new Refusal('Cancelled.', 'cancelled');
      throw refusalIn(error) ?? new Refusal(error instanceof Error ? error.message : String(error), 'failed');
    }
  }

  /** Like `ask`; what the server reports on the way is handed to `report`. Raises Refusal. */
  async askReporting<Answer>(
    method: string,
    params: object,
    report: (message: string) => void,
    token?: CancellationToken,
  ): Promise<Answer> {
    await this.turn;
    const workDoneToken = randomUUID();
    const listening = this.client?.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
      if (value.kind !== 'end' && value.message) report(value.message);
    });
    try {
      return await this.ask<Answer>(method, { ...params, workDoneToken }, token);
    } finally {
      listening?.dispose();
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose().catch((error: unknown) => this.log.warn(`stopping: ${error}`));
    if (client) this.become({ kind: 'stopped' });
  }

  dispose(): void {
    for (const emitter of [this.changed, this.told, this.recommended]) emitter.dispose();
  }

  private async start(): Promise<void> {
    this.become({ kind: 'starting' });
    try {
      const launch = await this.find();
      if (!launch) {
        this.log.warn('no language server was found');
        this.become({ kind: 'missing' });
        return;
      }
      this.log.info(`starting the language server of ${launch.source}`);
      const client = this.connect(launch, await this.keys.environment());
      await client.start();
      this.client = client;
      const version = client.initializeResult?.serverInfo?.version ?? '';
      this.become({ kind: 'running', launch, version });
      client.onDidChangeState(({ newState }) => {
        if (this.client !== client) return;
        if (newState === State.Running) this.become({ kind: 'running', launch, version });
        else if (newState === State.Starting) this.become({ kind: 'starting' });
        else this.become({ kind: 'failed', message: 'The language server ended. The log says more.' });
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.log.error(message);
      this.become({ kind: 'failed', message: error instanceof BadPath ? message : `It does not start: ${message}` });
    }
  }

  private async find(): Promise<Launch | undefined> {
    const cwd = this.context.globalStorageUri;
    await workspace.fs.createDirectory(cwd);
    return (
      (await named()) ?? (await selected(cwd.fsPath)) ?? (await onPath()) ?? (await managed(this.context)) ?? undefined
    );
  }

  private connect(launch: Launch, keys: Record<string, string>): LanguageClient {
    // Never in the workspace: a Python that starts there may import from it.
    const options = { cwd: this.context.globalStorageUri.fsPath, env: { ...process.env, ...keys } };
    const run = { command: launch.command, args: [...launch.args], options };
    const client = new LanguageClient(SECTION, 'Opus Escalation', run, this.options());
    client.onNotification(EVENT, (event: HostEvent) => this.told.fire(event));
    client.onNotification(RECOMMENDATION, (recommendation: Recommendation) => this.recommended.fire(recommendation));
    return client;
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: ['file', 'untitled'].flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language }))),
      initializationOptions: { events: true },
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticCollectionName: SECTION,
      middleware: {
        executeCommand: (command, args, next) =>
          this.intercept(command, args[0], async () => next(command, args) as unknown),
        window: {
          // What the server writes as Markdown is meant to be read.
          showDocument: async (params, token, next) => {
            if (!/\/assessment\.md$/.test(params.uri)) return next(params, token);
            await commands.executeCommand('markdown.showPreview', Uri.parse(params.uri));
            return { success: true };
          },
        },
        workspace: {
          configuration: (params, token, next) => {
            if (params.items.every((item) => item.section === SECTION))
              return params.items.map(() => userSettings(serverKeys(this.context)));
            return next(params, token);
          },
        },
      },
    };
  }

  private become(condition: Condition): void {
    this.now = condition;
    this.changed.fire(condition);
  }
}

/** A refusal, whatever was thrown. */
export function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal
    ? error
    : new Refusal(error instanceof Error ? error.message : String(error), 'failed');
}

/** Effect: says why something was not done. */
export function tellRefusal(error: unknown): void {
  const refusal = refusalOf(error);
  if (refusal.code !== 'cancelled') void window.showErrorMessage(refusal.message);
}
