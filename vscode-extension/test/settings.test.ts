import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explicit, tree } from '../src/settings';

test('a default is not sent: it would win over escalation.toml', () => {
  assert.equal(explicit({ defaultValue: 0.7 } as object), undefined);
});

test('the narrower scope wins', () => {
  assert.equal(explicit({ globalValue: 1, workspaceValue: 2 }), 2);
  assert.equal(explicit({ globalValue: 1, workspaceValue: 2, workspaceFolderValue: 0 }), 0);
});

test('tables are merged, lists are replaced', () => {
  assert.deepEqual(explicit({ globalValue: { a: 1 }, workspaceValue: { b: 2 } }), { a: 1, b: 2 });
  assert.deepEqual(explicit({ globalValue: [1], workspaceValue: [2] }), [2]);
});

test('keys with dots become a tree', () => {
  assert.deepEqual(
    tree([
      ['min_confidence', 0.8],
      ['lsp.quiet_ms', 5],
      ['lsp.hover', false],
      ['lsp.code_lens', undefined],
    ]),
    { min_confidence: 0.8, lsp: { quiet_ms: 5, hover: false } },
  );
});
