// A program that is run once, for what it says.

import { spawn } from 'node:child_process';

export interface Said {
  /** null where it could not be started or was ended. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** The folder it runs in: never the workspace, from which Python would import. */
  readonly cwd: string;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/** Effect: runs a program to its end. A program that does not exist is an answer, not an error. */
export function said(command: string, args: readonly string[], running: Running): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: running.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(running.signal && { signal: running.signal }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      for (const line of text.split(/\r?\n/)) if (line.trim()) running.onLine?.(line.trim());
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (error) => resolve({ status: null, stdout, stderr: stderr || error.message }));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
