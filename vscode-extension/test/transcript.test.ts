import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Transcript } from '../src/transcript';

type Told = [string, Record<string, unknown>];

const START: Told = ['tier.start', { tier: 'L3', number: 1, model: 'claude-sonnet-5-5', endpoint: 'anthropic' }];

function transcript(...events: Told[]): Transcript {
  const made = new Transcript();
  for (const [type, body] of events) made.tell(type, body);
  return made;
}

const said = (text: string): Told => ['text.delta', { tier: 'L3', text }];

test('what a model says stands below the name of its tier', () => {
  const { text } = transcript(START, said('I read '), said('the file.'));
  assert.equal(text, '\n## L3 · claude-sonnet-5-5\n\nI read the file.');
});

test('a retry takes back what the failed call said, and no more', () => {
  const { text } = transcript(
    START,
    said('Kept.'),
    ['tool_call', { name: 'read_file', summary: 'auth.py' }],
    said('void'),
    ['meta.retry', { tier: 'L3', attempt: 1, seconds: 1.5, reason: 'overloaded', discarded: 4 }],
    said('Again.'),
  );
  assert.match(text, /Kept\.\n- read_file: auth\.py\n/);
  assert.doesNotMatch(text, /void/);
  assert.match(text, /- again in 2 s: overloaded\n\nAgain\.$/);
});

test('an escalation says from where, where to and why', () => {
  const { text } = transcript([
    'meta.escalation',
    { from_tier: 'L3', to_tier: 'L4', signal: 'phrase', reason: 'it asks for help' },
  ]);
  assert.match(text, /\*\*L3 → L4\*\*: it asks for help/);
});

test('the progress names the tier, the model and the cost so far', () => {
  const made = transcript(START, ['tier.end', { tier: 'L3', cost: 0.04, spent: 0.04, ttc_ms: 900 }]);
  assert.equal(made.progress, 'L3 · claude-sonnet-5-5 · $0.04');
});

test('a cost that is not known is not a cost of nothing', () => {
  const made = transcript(START, ['tier.end', { tier: 'L3', cost: null, spent: null, ttc_ms: 900 }]);
  assert.match(made.progress, /cost unknown$/);
});

test('before a tier works, the progress says what goes on', () => {
  assert.equal(transcript(['state', { state: 'analyzing', reason: '' }]).progress, 'analyzing');
});

test('events of a later version are left out', () => {
  assert.equal(transcript(['meta.unheard_of', { text: 'x' }]).text, '');
});

test('a text is not copied for every word of it', () => {
  const made = transcript(START);
  for (let i = 0; i < 200_000; i++) made.tell('text.delta', { tier: 'L3', text: 'word ' });
  assert.equal(made.text.length, '\n## L3 · claude-sonnet-5-5\n\n'.length + 1_000_000);
});
