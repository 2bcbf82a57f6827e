// The configuration of VS Code, as the server asks for it.

import { type ExtensionContext, workspace } from 'vscode';
import { explicit, OWN, SECTION, type Tree, tree } from './settings';

/** The keys of the server's settings, without the section. */
export function serverKeys(context: ExtensionContext): string[] {
  const groups: { properties: object }[] = context.extension.packageJSON.contributes.configuration;
  return groups
    .flatMap((group) => Object.keys(group.properties))
    .map((key) => key.slice(SECTION.length + 1))
    .filter((key) => !OWN.has(key));
}

/** What the user has set, as a tree. */
export function userSettings(keys: readonly string[]): Tree {
  const configuration = workspace.getConfiguration(SECTION);
  return tree(keys.map((key) => [key, explicit(configuration.inspect(key))]));
}
