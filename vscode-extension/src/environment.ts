// The environment: a Python of the extension's own with the language server that came with it, in global storage.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ExtensionContext, ProgressLocation, window } from 'vscode';
import type { Launch } from './launch';
import { failure } from './offline';
import { said } from './program';
import { newEnough } from './python';

/** Why there is no environment. The message says what to do. */
export class InstallError extends Error {
  constructor(
    message: string,
    readonly log: string = '',
  ) {
    super(message);
  }
}

/** The server in the environment, if it was made by this version of the extension, and to its end. */
export async function managed(context: ExtensionContext): Promise<Launch | undefined> {
  const made = await readFile(marker(context), 'utf8').catch(() => '');
  if (made !== version(context)) return undefined;
  return { command: interpreter(context), args: ['-P', '-m', 'escalation', 'lsp'], source: 'its own environment' };
}

/** Effect: makes the environment anew, showing how it goes. Raises InstallError. */
export async function install(context: ExtensionContext): Promise<Launch> {
  const options = { location: ProgressLocation.Notification, title: 'Opus Escalation', cancellable: true };
  return window.withProgress(options, async (progress, token) => {
    const stopping = new AbortController();
    token.onCancellationRequested(() => stopping.abort());
    const cwd = context.globalStorageUri.fsPath;
    const running = { cwd, signal: stopping.signal };
    const step = async (message: string, command: string, args: string[], log = false) => {
      progress.report({ message });
      const onLine = (line: string) => progress.report({ message: line.slice(0, 100) });
      const { status, stderr } = await said(command, args, log ? { ...running, onLine } : running);
      if (stopping.signal.aborted) throw new InstallError('The installation was cancelled.');
      if (status !== 0) throw new InstallError(failure(stderr), stderr);
    };

    await mkdir(cwd, { recursive: true });
    await rm(folder(context), { recursive: true, force: true });
    progress.report({ message: 'looking for Python' });
    const [python, ...args] = (await newEnough(cwd)) ?? [];
    if (!python)
      throw new InstallError(
        'The language server needs Python 3.11 or newer, and none was found. Install it from python.org or your ' +
          'system, or name one in the setting escalation.interpreter.',
      );
    await step('making a Python environment', python, [...args, '-m', 'venv', folder(context)]);
    const pip = ['-P', '-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
    await step('installing the language server', interpreter(context), [...pip, await wheel(context)], true);
    await writeFile(marker(context), version(context));
    const launch = await managed(context);
    if (!launch) throw new InstallError('The environment was changed while it was made. Try again.');
    return launch;
  });
}

function folder(context: ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'environment');
}

/** Written last: what has it is whole. */
function marker(context: ExtensionContext): string {
  return path.join(folder(context), 'made-by');
}

function interpreter(context: ExtensionContext): string {
  const [bin, name] = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  return path.join(folder(context), bin, name);
}

/** The wheel that came with the extension: the same sources, whatever an index has under this name. */
async function wheel(context: ExtensionContext): Promise<string> {
  const bundled = context.asAbsolutePath('bundled');
  const name = (await readdir(bundled).catch(() => [])).find((file) => file.endsWith('.whl'));
  if (!name)
    throw new InstallError(
      'This build of the extension brings no language server. Install opus-escalation with pipx, or name the program ' +
        'in the setting escalation.path.',
    );
  return path.join(bundled, name);
}

function version(context: ExtensionContext): string {
  return String(context.extension.packageJSON.version);
}
