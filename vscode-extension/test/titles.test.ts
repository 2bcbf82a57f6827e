import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usd } from '../src/money';
import { shortened, unusual } from '../src/titles';
import { RUN } from './run';

test('a long task is cut at a word', () => {
  assert.equal(shortened('Lock an account after five failed logins', 20), 'Lock an account…');
  assert.equal(shortened('short\nand more', 20), 'short');
  assert.equal(shortened('x'.repeat(30), 10), `${'x'.repeat(9)}…`);
});

test('a plain success needs no word, everything else does', () => {
  assert.equal(unusual(RUN), '');
  assert.equal(unusual({ ...RUN, applied: 'yes' }), 'applied');
  assert.equal(unusual({ ...RUN, outcome: 'partial_success' }), 'partial success');
  assert.equal(unusual({ ...RUN, state: 'executing', outcome: null }), '');
});

test('money', () => {
  assert.equal(usd(0.123), '$0.12');
  assert.equal(usd(0.00401), '$0.004');
  assert.equal(usd(0.00004), '<$0.001');
  assert.equal(usd(0), '$0.00');
  assert.equal(usd(null), 'cost unknown');
});
