import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usd } from '../src/money';
import { shortened, standing } from '../src/titles';
import { RUN } from './run';

test('a long task is cut at a word', () => {
  assert.equal(shortened('Lock an account after five failed logins', 20), 'Lock an account…');
  assert.equal(shortened('short\nand more', 20), 'short');
  assert.equal(shortened('x'.repeat(30), 10), `${'x'.repeat(9)}…`);
});

test('a finished run says its way, its cost and its outcome', () => {
  assert.equal(standing(RUN), '$0.12 · L4→L3');
  assert.equal(standing({ ...RUN, applied: 'yes' }), '$0.12 · L4→L3 · applied');
});

test('a run under way says what goes on', () => {
  const run = { ...RUN, state: 'executing', tier: 'L4', cost: null, outcome: null, finished: null };
  assert.equal(standing(run, 'checking'), 'L4 · checking');
});

test('money', () => {
  assert.equal(usd(0.123), '$0.12');
  assert.equal(usd(0.00401), '$0.004');
  assert.equal(usd(0), '$0.00');
  assert.equal(usd(null), 'cost unknown');
});
