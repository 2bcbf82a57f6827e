// Commands: what the palette, the views, code actions and lenses do.

import {
  type CodeAction,
  type Command,
  commands,
  type Disposable,
  type ExtensionContext,
  env,
  type TextEditor,
  Uri,
  window,
  workspace,
} from 'vscode';
import { InstallError, install } from './environment';
import { type Keys, removeKey, setKey } from './keys';
import { usd } from './money';
import type { Output } from './output';
import { activeSide, type Previews, rowOf } from './preview';
import { offered, Refusal, type Run, type RunParams, STATUS, type Status } from './protocol';
import { chooseProvider } from './provider';
import type { Runs } from './runs';
import { trySample } from './sample';
import { refusalOf, type Server, tellRefusal } from './server';
import { arrows, ended, shortened } from './titles';
import type { Row } from './tree';

const LAST_TASK = 'lastTask';

export interface Parts {
  readonly context: ExtensionContext;
  readonly server: Server;
  readonly keys: Keys;
  readonly runs: Runs;
  readonly previews: Previews;
  readonly output: Output;
}

/** Effect: from now on the commands do what they are for. */
export function registerCommands(parts: Parts): Disposable[] {
  const { context, server, keys, runs, previews, output } = parts;
  const table: Record<string, (argument?: unknown) => unknown> = {
    runTask: () => runTask(parts, 'auto'),
    runDefault: () => runTask(parts, 'L3'),
    runStrong: () => runTask(parts, 'L4'),
    explain: () => explain(),
    dismissHere: () => chooseAction('escalation.dismiss', 'Not Needed Here'),
    neededOpus: () => chooseAction('escalation.feedback', 'This Needed Opus'),
    showStatistics: () => showStatistics(server),
    chooseProvider: async () => {
      const variable = await chooseProvider();
      if (variable && !keys.names().includes(variable)) await setKey(keys, server, variable);
    },
    setKey: (variable) => setKey(keys, server, typeof variable === 'string' ? variable : ''),
    removeKey: () => removeKey(keys),
    trySample: () => trySample(context),
    install: () => installServer(context, server),
    restart: () => server.restart(),
    showLog: () => server.log.show(true),
    refreshRuns: () => runs.look(),
    openRun: (row) => openRun(parts, rowGiven(row)),
    openOutput: (row) => withRow(row, ({ workflow }) => output.show(workflow)),
    openDiff: (row) => onRun(runs, row, (run, path) => (path ? previews.open(run, path) : previews.openNext(run))),
    cancelRun: (row) => withRow(row, ({ workflow }) => runs.cancel(workflow)),
    applyRun: (row) => onRun(runs, row, (run) => previews.apply(run)),
    discardRun: (row) => onRun(runs, row, (run) => previews.discard(run)),
    applyFile: (row) => onRun(runs, row, (run, path) => previews.apply(run, path ? [path] : undefined)),
    discardFile: (row) => onRun(runs, row, (run, path) => previews.discard(run, path ? [path] : undefined)),
  };
  return Object.entries(table).map(([name, does]) =>
    commands.registerCommand(`escalation.${name}`, async (argument?: unknown) => {
      try {
        return await does(argument);
      } catch (error) {
        server.log.warn(`escalation.${name}: ${refusalOf(error).code}`);
        tellRefusal(error);
      }
    }),
  );
}

/** What is done when a code action or a lens of the server's is chosen. A run goes another way than the command: as a
 * request of its own, which can be cancelled. */
export function intercepting(parts: Parts): Server['intercept'] {
  return async (command, argument, next) => {
    if (command === 'escalation.run') return run(parts, argument as RunParams);
    const answer = await next();
    if (command === 'escalation.dismiss') void offerUndo(argument, answer);
    return answer;
  };
}

/** Effect: asks for the task, remembering the last one, and has it done. */
async function runTask(parts: Parts, route: string): Promise<void> {
  if (!trusted()) return;
  const editor = judged();
  if (!editor) {
    void window.showInformationMessage('Open the file that the task is about, then run it.');
    return;
  }
  const task = await askTask(parts.context);
  if (!task) return;
  const { document, selection } = editor;
  const range = {
    start: { line: selection.start.line, character: selection.start.character },
    end: { line: selection.end.line, character: selection.end.character },
  };
  await run(parts, { uri: document.uri.toString(), range, task, route });
}

async function askTask(context: ExtensionContext): Promise<string | undefined> {
  const given = await window.showInputBox({
    title: 'Run with Opus escalation',
    prompt: 'What is to be done? The result comes as a diff; nothing changes before you apply it.',
    placeHolder: 'Lock an account after five failed logins',
    value: context.workspaceState.get<string>(LAST_TASK, ''),
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() ? undefined : 'A run needs a task.'),
  });
  const task = given?.trim();
  if (task) await context.workspaceState.update(LAST_TASK, task);
  return task;
}

/** Effect: has a task done and offers the result. */
async function run(parts: Parts, params: RunParams): Promise<void> {
  if (!trusted()) return;
  let typed = false;
  const typing = workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    typed ||= document.uri.scheme === 'file' && contentChanges.length > 0;
  });
  try {
    await offer(parts, await parts.runs.start(params), typed);
  } catch (error) {
    await advise(parts, params, refusalOf(error));
  } finally {
    typing.dispose();
  }
}

/** Effect: says what came of a run. The diff opens by itself, unless it would interrupt somebody who types. */
async function offer(parts: Parts, done: Run, typed: boolean): Promise<void> {
  const { previews, output } = parts;
  const figures = [arrows(done.tier || done.route), usd(done.cost), ended(done)].filter(Boolean).join(' · ');
  const [applyAll, discardAll, showDiff, showOutput] = ['Apply All', 'Discard All', 'Show Diff', 'Show Output'];
  if (!offered(done)) {
    const tell =
      done.outcome === 'cancelled' ? undefined : `${figures}. ${done.message || 'No file is to be changed.'}`;
    if (tell && (await window.showInformationMessage(tell, showOutput)) === showOutput)
      await output.show(done.workflow);
    return;
  }
  const good = done.outcome === 'success' || done.outcome === 'fallback_success';
  const files = done.files.length === 1 ? '1 file' : `${done.files.length} files`;
  const told = `${figures}: ${files} to review.${good ? '' : ` ${done.message}`}`;
  const show = good ? window.showInformationMessage : window.showWarningMessage;
  if (!typed) {
    await previews.openNext(done);
    if (!good) void show(told);
    return;
  }
  const choice = await show(told, showDiff, applyAll, discardAll);
  const now = parts.runs.get(done.workflow) ?? done;
  if (choice === applyAll) await previews.apply(now);
  if (choice === discardAll) await previews.discard(now);
  if (choice === showDiff) await previews.openNext(now);
}

/** Effect: offers a result that was there before the window was. */
export async function offerWaiting({ runs, previews }: Parts, workflow: string): Promise<void> {
  const run = runs.get(workflow);
  if (!run || !offered(run)) return;
  const [showDiff, discardAll] = ['Show Diff', 'Discard All'];
  const told = `A result waits for you: ${shortened(run.task, 80)}`;
  const choice = await window.showInformationMessage(told, showDiff, discardAll);
  if (choice === showDiff) await previews.openNext(run);
  if (choice === discardAll) await previews.discard(run);
}

/** Effect: says why there was no run, with the one click that helps. */
async function advise(parts: Parts, params: RunParams, refusal: Refusal): Promise<void> {
  const { context, keys, server } = parts;
  parts.server.log.warn(`escalation/run: ${refusal.code}`);
  const [setIt, again, giveTask, log] = ['Set API Key…', 'Run Again', 'Describe the Task…', 'Show Log'];
  switch (refusal.code) {
    case 'cancelled':
      void window.setStatusBarMessage('Opus escalation: cancelled; nothing was changed', 5000);
      return;
    case 'no_key':
      if ((await window.showErrorMessage(refusal.message, setIt)) !== setIt) return;
      if (!(await setKey(keys, server, refusal.variable))) return;
      if ((await window.showInformationMessage('The key is stored.', again)) === again) await run(parts, params);
      return;
    case 'no_task': {
      if ((await window.showWarningMessage(refusal.message, giveTask)) !== giveTask) return;
      const task = await askTask(context);
      if (task) await run(parts, { ...params, task });
      return;
    }
    case 'busy':
      void window.showWarningMessage(refusal.message);
      return;
    default:
      if ((await window.showErrorMessage(refusal.message, log)) === log) server.log.show(true);
  }
}

/** Effect: shows the assessment of the change. */
async function explain(): Promise<void> {
  const editor = judged();
  if (editor) await commands.executeCommand('escalation.showAssessment', { uri: editor.document.uri.toString() });
  else void window.showInformationMessage('Open a file of the change that is to be explained.');
}

/** Effect: does what one of the code actions at the cursor does; asks where there are several. */
async function chooseAction(command: string, title: string): Promise<void> {
  const editor = judged();
  const found = editor
    ? await commands.executeCommand<(CodeAction | Command)[]>(
        'vscode.executeCodeActionProvider',
        editor.document.uri,
        editor.selection,
      )
    : [];
  const offers = found
    .map((action) => (typeof action.command === 'string' ? (action as Command) : (action.command as Command)))
    .filter((offer) => offer?.command === command)
    .map((offer) => ({ label: offer.title, offer }));
  if (offers.length === 0) {
    void window.showInformationMessage('There is no judgement at the cursor. Put it into a function that you changed.');
    return;
  }
  const choice = offers.length === 1 ? offers[0] : await window.showQuickPick(offers, { title });
  if (choice) await commands.executeCommand(choice.offer.command, ...(choice.offer.arguments ?? []));
}

async function offerUndo(dismissal: unknown, answer: unknown): Promise<void> {
  const { changed } = (answer ?? {}) as { changed?: boolean };
  if (!changed) return;
  const { reason = '' } = (dismissal ?? {}) as { reason?: string };
  const undo = 'Undo';
  const told = `Dismissed: ${reason.replaceAll('_', ' ')}. It is kept in .escalation/dismissed.toml.`;
  if ((await window.showInformationMessage(told, undo)) === undo)
    await commands.executeCommand('escalation.restore', dismissal);
}

async function showStatistics(server: Server): Promise<void> {
  const { host } = await server.ask<Status>(STATUS, { start: true });
  if (host.dashboard) await env.openExternal(await env.asExternalUri(Uri.parse(host.dashboard)));
  else throw new Refusal(host.message || 'The host could not be started. The log says why.', 'no_host');
}

async function installServer(context: ExtensionContext, server: Server): Promise<void> {
  try {
    await install(context);
    await server.restart();
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    if (error.log) server.log.error(error.log);
    const log = 'Show Log';
    if ((await window.showErrorMessage(error.message, log)) === log) server.log.show(true);
  }
}

async function openRun({ runs, previews, output }: Parts, row: Row | undefined): Promise<void> {
  const run = row && runs.get(row.workflow);
  if (!run) return;
  if (!(await previews.openNext(run))) await output.show(run.workflow);
}

async function onRun(runs: Runs, given: unknown, does: (run: Run, path?: string) => unknown): Promise<void> {
  await withRow(given, async (row) => {
    const run = runs.get(row.workflow);
    if (run) await does(run, row.path);
  });
}

async function withRow(given: unknown, does: (row: Row) => unknown): Promise<void> {
  const row = rowGiven(given);
  if (row) await does(row);
}

/** The run, or its file, that a command is about: a row of the view, a side of a diff, or the diff in front. */
function rowGiven(given: unknown): Row | undefined {
  if (given instanceof Uri) return rowOf(given) ?? rowOf(activeSide());
  if (typeof given === 'object' && given !== null && 'workflow' in given) return given as Row;
  return rowOf(activeSide());
}

/** Runs send text and execute checks: they wait until the workspace is trusted. */
function trusted(): boolean {
  if (workspace.isTrusted) return true;
  const manage = 'Manage Workspace Trust';
  void window
    .showWarningMessage('A run sends text of this workspace to a model. Trust the workspace first.', manage)
    .then((choice) => choice === manage && commands.executeCommand('workbench.trust.manage'));
  return false;
}

/** The editor whose change is judged: the one in front, else the first that shows a file. */
function judged(): TextEditor | undefined {
  const files = [window.activeTextEditor, ...window.visibleTextEditors];
  return files.find((editor) => editor && ['file', 'untitled'].includes(editor.document.uri.scheme));
}
