// A launch: the command line that starts the language server, and where it comes from.

import { homedir } from 'node:os';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** For people: who says so. */
  readonly source: string;
}

/** A path with `~` and `${workspaceFolder}` put in. */
export function expanded(given: string, folder: string | undefined, home: string = homedir()): string {
  const rooted = folder === undefined ? given : given.replaceAll('$' + '{workspaceFolder}', folder);
  return rooted.replace(/^~(?=$|[/\\])/, home);
}
