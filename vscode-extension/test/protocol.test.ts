import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finished, offered, refusalIn } from '../src/protocol';
import { RUN } from './run';

test('an answer with a code and a message is a refusal', () => {
  const refusal = refusalIn({ code: 'no_key', message: 'Set ANTHROPIC_API_KEY.', variable: 'ANTHROPIC_API_KEY' });
  assert.deepEqual([refusal?.code, refusal?.variable], ['no_key', 'ANTHROPIC_API_KEY']);
});

test('so is the error of a response that carries one', () => {
  const refusal = refusalIn({ code: -32803, message: 'Busy.', data: { code: 'busy' } });
  assert.deepEqual([refusal?.code, refusal?.message], ['busy', 'Busy.']);
});

test('a run is none, though it has a message', () => {
  assert.equal(refusalIn({ ...RUN, message: 'no file is to be changed' }), undefined);
});

test('a result is offered until it was applied or discarded', () => {
  assert.equal(offered(RUN), true);
  assert.equal(offered({ ...RUN, applied: 'yes' }), false);
  assert.equal(offered({ ...RUN, applied: 'discarded' }), false);
});

test('a run without files offers nothing, and one under way offers nothing yet', () => {
  assert.equal(offered({ ...RUN, files: [] }), false);
  assert.equal(offered({ ...RUN, state: 'executing' }), false);
  assert.equal(finished({ ...RUN, state: 'executing' }), false);
});
