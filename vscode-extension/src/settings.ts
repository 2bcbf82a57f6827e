// Settings: what the user has set, as the server wants it. Defaults are not sent: they would win over the team's
// `escalation.toml`.

export const SECTION = 'escalation';

/** Settings of the extension itself, which the server does not know. */
export const OWN = new Set(['path', 'interpreter', 'trace.server']);

export type Tree = { [key: string]: unknown };

/** What VS Code says of a setting, scope by scope. */
export interface Given {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/** The value that was set, if one was; tables are merged, the narrower scope wins. */
export function explicit(given: Given | undefined): unknown {
  const set = [given?.globalValue, given?.workspaceValue, given?.workspaceFolderValue].filter((v) => v !== undefined);
  return set.length > 0 && set.every(isTable) ? Object.assign({}, ...set) : set.at(-1);
}

/** `a.b` = 1 becomes {a: {b: 1}}; what is undefined is left out. */
export function tree(entries: readonly (readonly [string, unknown])[]): Tree {
  const root: Tree = {};
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    const path = key.split('.');
    const leaf = path.pop() ?? key;
    let table = root;
    for (const name of path) {
      const next = table[name];
      if (isTable(next)) table = next;
      else table = table[name] = {} as Tree;
    }
    table[leaf] = value;
  }
  return root;
}

function isTable(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
