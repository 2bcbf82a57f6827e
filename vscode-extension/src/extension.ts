// The beginning and the end.

import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { intercepting, offerWaiting, registerCommands } from './commands';
import { Decisions } from './decisions';
import { Keys } from './keys';
import { Output } from './output';
import { Previews } from './preview';
import { onDidSelect } from './python';
import { Runs } from './runs';
import { Server, tellRefusal } from './server';
import { SECTION } from './settings';
import { showStatus } from './status';
import { showTree } from './tree';

let server: Server | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel('Opus Escalation', { log: true });
  const keys = new Keys(context);
  const own = new Server(context, keys, log);
  const runs = new Runs(own);
  const decisions = new Decisions();
  const previews = new Previews(runs, decisions);
  const output = new Output(runs);
  const parts = { context, server: own, keys, runs, previews, output };
  server = own;
  own.intercept = intercepting(parts);
  context.subscriptions.push(
    ...[log, keys, own, runs, decisions, previews, output],
    showStatus(own, runs),
    showTree(runs, decisions),
    ...registerCommands(parts),
    ...restarting(own, keys),
    runs.onDidWait((workflow) => offerWaiting(parts, workflow).catch(tellRefusal)),
    own.onDidChange(({ kind }) => kind === 'missing' && void offerInstall(context)),
  );
  await own.restart();
  const selecting = await onDidSelect(() => void own.restart());
  if (selecting) context.subscriptions.push(selecting);
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

/** What the running server cannot learn in another way. */
function restarting(own: Server, keys: Keys) {
  const restart = () => void own.restart();
  return [
    keys.onDidChange(restart),
    workspace.onDidGrantWorkspaceTrust(restart),
    workspace.onDidChangeConfiguration((change) => {
      if (['path', 'interpreter'].some((key) => change.affectsConfiguration(`${SECTION}.${key}`))) restart();
    }),
  ];
}

async function offerInstall(context: ExtensionContext): Promise<void> {
  const [now, never, choose] = ['Install', 'Not Now', 'Settings'];
  const choice = await window.showInformationMessage(
    'The language server of Opus Escalation is not installed. Install it into an environment of its own? This ' +
      'fetches Python packages (about 100 MB) and changes nothing else.',
    now,
    choose,
    never,
  );
  if (choice === now) await commands.executeCommand('escalation.install');
  if (choice === choose)
    await commands.executeCommand('workbench.action.openSettings', `@ext:${context.extension.id} escalation.path`);
}
