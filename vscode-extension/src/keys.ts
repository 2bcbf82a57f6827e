// Keys: kept in VS Code's secret storage, handed to the processes that are spawned and to nobody else.

import { type Disposable, EventEmitter, type ExtensionContext, window } from 'vscode';
import { type Key, STATUS, type Status } from './protocol';
import type { Server } from './server';

/** What the presets read their keys from (docs/settings.md); the server knows of more, once it runs. */
export const PRESETS: readonly Key[] = [
  { endpoint: 'anthropic', variable: 'ANTHROPIC_API_KEY', present: false },
  { endpoint: 'zai', variable: 'ZAI_API_KEY', present: false },
  { endpoint: 'gateway', variable: 'ESCALATION_GATEWAY_KEY', present: false },
];
const NAMES = 'keys';

export class Keys implements Disposable {
  private readonly changed = new EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly context: ExtensionContext) {
    context.subscriptions.push(context.secrets.onDidChange(() => this.changed.fire()));
  }

  /** The variables of the keys that are stored, with their values: for the environment of a process. */
  async environment(): Promise<Record<string, string>> {
    const found = await Promise.all(
      this.names().map(async (name) => [name, await this.context.secrets.get(name)] as const),
    );
    return Object.fromEntries(found.filter((pair): pair is [string, string] => Boolean(pair[1])));
  }

  /** Effect: stores a key. Secret storage cannot list what it holds, so the names are kept beside it. */
  async store(variable: string, key: string): Promise<void> {
    await this.context.globalState.update(NAMES, [...new Set([...this.names(), variable])]);
    await this.context.secrets.store(variable, key);
  }

  /** Effect: forgets a key. */
  async forget(variable: string): Promise<void> {
    await this.context.globalState.update(
      NAMES,
      this.names().filter((name) => name !== variable),
    );
    await this.context.secrets.delete(variable);
  }

  names(): string[] {
    return this.context.globalState.get<string[]>(NAMES, []);
  }

  dispose(): void {
    this.changed.dispose();
  }
}

/** Effect: asks for a key and stores it. True if one was stored. */
export async function setKey(keys: Keys, server: Server, variable = ''): Promise<boolean> {
  const name = variable || (await chosen(keys, server));
  if (!name) return false;
  const key = await window.showInputBox({
    title: `API key: ${name}`,
    prompt: 'Kept in the secret storage of VS Code; handed to the language server alone.',
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) => (/^\S+$/.test(value.trim()) ? undefined : 'A key has no spaces in it.'),
  });
  if (!key) return false;
  await keys.store(name, key.trim());
  return true;
}

/** Effect: asks which key to forget, and forgets it. */
export async function removeKey(keys: Keys): Promise<void> {
  const names = keys.names();
  if (names.length === 0) {
    void window.showInformationMessage('No key is stored.');
    return;
  }
  const name = await window.showQuickPick(names, { title: 'Remove API Key', placeHolder: 'Which one?' });
  if (name) await keys.forget(name);
}

async function chosen(keys: Keys, server: Server): Promise<string | undefined> {
  const stored = new Set(keys.names());
  const status = await server.ask<Status>(STATUS, {}).catch(() => undefined);
  const known = status?.keys.length ? status.keys : PRESETS;
  const items = known.map((key) => ({
    label: key.endpoint,
    description: key.variable,
    detail: stored.has(key.variable) ? 'stored; will be replaced' : key.present ? 'set in the environment' : 'not set',
  }));
  const item = await window.showQuickPick(items, { title: 'Set API Key', placeHolder: 'For which endpoint?' });
  return item?.description;
}
