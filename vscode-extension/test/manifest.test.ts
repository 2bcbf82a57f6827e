// The manifest agrees with the sources it describes.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CODE, LANGUAGES } from '../src/languages';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const contributes = manifest.contributes;
const settings = Object.assign(
  {},
  ...contributes.configuration.map((group: { properties: object }) => group.properties),
);
const SERVER = '../server/escalation';

test('every language with functions starts the server', () => {
  assert.deepEqual(
    manifest.activationEvents,
    CODE.map((language) => `onLanguage:${language}`),
  );
});

test('no language of the server is missing', () => {
  const table = readFileSync(`${SERVER}/syntax/languages.toml`, 'utf8');
  const code = table
    .split(/^(?=\[)/m)
    .filter((row) => row.includes('kind = "code"'))
    .map((row) => /^\[(\w+)\]/.exec(row)?.[1] ?? '');
  const inVSCode: Record<string, string> = { tsx: 'typescriptreact', bash: 'shellscript' };
  for (const id of code) assert.ok(LANGUAGES.includes(inVSCode[id] ?? id), id);
});

test('every setting of the server is one of the editor, with the same default', () => {
  const documented = readFileSync('../docs/settings.md', 'utf8').matchAll(/^\| `([a-z_.]+)` \|.*?\| `([^`]*)` \|/gm);
  const presets = ['anthropic', 'zai', 'gateway'];
  const rows = [...documented].filter(([, key = '']) => !presets.includes(key));
  const defaults = rows.map(([, key = '', value = '']) => [key, JSON.parse(value)] as const);
  assert.ok(defaults.length > 30);
  for (const [key, value] of defaults) assert.deepEqual(settings[`escalation.${key}`]?.default, value, key);
});

test('what says where text goes, or what is spent, is not for a workspace to set', () => {
  for (const key of ['endpoints', 'flow.budget', 'flow.daily_budget', 'flow.check', 'host.idle_exit'])
    assert.equal(settings[`escalation.${key}`].scope, 'machine', key);
});

test('what starts a program is restricted in a workspace that is not trusted', () => {
  const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  for (const key of restrictedConfigurations) assert.ok(settings[key], key);
  for (const key of ['escalation.path', 'escalation.interpreter']) assert.ok(restrictedConfigurations.includes(key));
});

test('every setting says what it is for and where it applies', () => {
  for (const [key, setting] of Object.entries<{ markdownDescription?: string; scope?: string }>(settings)) {
    assert.ok(setting.markdownDescription?.endsWith('.') || setting.markdownDescription?.endsWith('**'), key);
    assert.ok(setting.scope, key);
  }
});

test('every command of a menu or a walkthrough is contributed and registered', () => {
  const contributed = new Set<string>(contributes.commands.map(({ command }: { command: string }) => command));
  const source = readFileSync('src/commands.ts', 'utf8');
  for (const command of contributed)
    assert.match(source, new RegExp(`^ {4}${command.split('.')[1]}[:,]`, 'm'), command);
  const used = JSON.stringify([contributes.menus, contributes.walkthroughs, contributes.viewsWelcome]);
  for (const [, command = ''] of used.matchAll(/(?:command:|"command":"|onCommand:)(escalation\.\w+)/g))
    assert.ok(contributed.has(command), command);
});

test('no command is one that the server registers', () => {
  const server = readFileSync(`${SERVER}/lsp/server.py`, 'utf8');
  for (const { command } of contributes.commands) assert.ok(!server.includes(`"${command}"`), command);
});

test('pictures are there', () => {
  const { steps } = contributes.walkthroughs[0];
  const pages = steps.map(({ media }: { media: { markdown: string } }) => media.markdown);
  for (const file of [manifest.icon, 'media/activity.svg', ...pages]) assert.ok(existsSync(file), file);
});
