// Python: which one has the language server, and which one could make an environment for it.

import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { type Event, extensions, type Uri, workspace } from 'vscode';
import { expanded, type Launch } from './launch';
import { said } from './program';
import { SECTION } from './settings';

const LEAST = [3, 11] as const;
const SECONDS_OF_A_PROBE = 10;
const MODULE = ['-P', '-m', 'escalation', 'lsp'];

/** What `ms-python.python` exports, as far as it is used here. */
interface Environments {
  getActiveEnvironmentPath(resource?: Uri): { path: string };
  resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: Uri } } | undefined>;
  onDidChangeActiveEnvironmentPath: Event<unknown>;
}

/** A setting that names a program that is not there. The message says what to do. */
export class BadPath extends Error {}

/** The server that a setting names. Raises BadPath. */
export async function named(): Promise<Launch | undefined> {
  const configuration = workspace.getConfiguration(SECTION);
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath;
  for (const setting of ['path', 'interpreter'] as const) {
    const given = configuration.get<string>(setting, '').trim();
    if (!given) continue;
    const command = expanded(given, folder);
    if (!path.isAbsolute(command) || !(await executable(command)))
      throw new BadPath(`The setting escalation.${setting} names ${given}, and there is no such program. Correct it.`);
    const source = `the setting escalation.${setting}`;
    return setting === 'path' ? { command, args: ['lsp'], source } : { command, args: MODULE, source };
  }
  return undefined;
}

/** The server in the Python environment that is selected, if the workspace is trusted: its programs are run. */
export async function selected(cwd: string): Promise<Launch | undefined> {
  if (!workspace.isTrusted) return undefined;
  const environments = await pythonExtension();
  if (!environments) return undefined;
  const active = environments.getActiveEnvironmentPath(workspace.workspaceFolders?.[0]?.uri);
  const python = (await environments.resolveEnvironment(active))?.executable.uri?.fsPath;
  if (!python || !(await has(python, 'import escalation.cli.lsp', cwd))) return undefined;
  return { command: python, args: MODULE, source: `the selected Python environment (${python})` };
}

/** The server on the PATH, as `pipx install` puts it. */
export async function onPath(): Promise<Launch | undefined> {
  const name = process.platform === 'win32' ? 'escalation.exe' : 'escalation';
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const command = path.join(folder, name);
    if (path.isAbsolute(folder) && (await executable(command)))
      return { command, args: ['lsp'], source: `the PATH (${command})` };
  }
  return undefined;
}

/** A Python that is new enough to run the server, with the arguments that choose it. */
export async function newEnough(cwd: string): Promise<string[] | undefined> {
  const names = ['python3.13', 'python3.12', 'python3.11', 'python3', 'python'].map((name) => [name]);
  const known = process.platform === 'win32' ? [['py', '-3'], ...names] : names;
  const active = await selectedInterpreter();
  for (const python of active ? [[active], ...known] : known)
    if (await has(python, `import sys; sys.exit(sys.version_info < (${LEAST.join(', ')}))`, cwd)) return python;
  return undefined;
}

/** Fires when another Python environment is selected. */
export async function onDidSelect(listener: () => void): Promise<{ dispose(): unknown } | undefined> {
  return (await pythonExtension())?.onDidChangeActiveEnvironmentPath(listener);
}

async function selectedInterpreter(): Promise<string | undefined> {
  const environments = workspace.isTrusted ? await pythonExtension() : undefined;
  if (!environments) return undefined;
  const found = await environments.resolveEnvironment(environments.getActiveEnvironmentPath());
  return found?.executable.uri?.fsPath;
}

/** Asked for, never depended upon. */
async function pythonExtension(): Promise<Environments | undefined> {
  const extension = extensions.getExtension<{ environments?: Environments }>('ms-python.python');
  try {
    return (await extension?.activate())?.environments;
  } catch {
    return undefined; // its troubles are its own to tell
  }
}

/** Whether a Python runs a statement without an error. `-P`: nothing is imported from the folder it runs in. */
async function has(python: string | readonly string[], statement: string, cwd: string): Promise<boolean> {
  const [command = '', ...args] = typeof python === 'string' ? [python] : python;
  const signal = AbortSignal.timeout(SECONDS_OF_A_PROBE * 1000);
  return (await said(command, [...args, '-P', '-c', statement], { cwd, signal })).status === 0;
}

async function executable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
