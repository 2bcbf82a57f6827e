import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expanded } from '../src/launch';
import { failure } from '../src/offline';

test('a path knows the home and the workspace', () => {
  assert.equal(expanded('~/bin/escalation', undefined, '/home/jane'), '/home/jane/bin/escalation');
  assert.equal(expanded(`${'$'}{workspaceFolder}/.venv/bin/python`, '/work'), '/work/.venv/bin/python');
  assert.equal(expanded('/a/~b', undefined, '/home/jane'), '/a/~b');
});

test('a failed installation says what to do', () => {
  assert.match(
    failure('NewConnectionError: [Errno -3] Temporary failure in name resolution'),
    /Connect to the network/,
  );
  assert.match(
    failure('ERROR: Could not find a version that satisfies the requirement alembic (from versions: none)'),
    /Connect to the network/,
  );
  assert.match(failure('The virtual environment was not created: ensurepip is not available'), /python3-venv/);
  assert.match(failure('OSError: [Errno 28] No space left on device'), /Free about/);
  assert.match(failure('one\nERROR: something else\n'), /something else/);
});
