// A run that ended well, with one file to review.

import type { Run } from '../src/protocol';

export const RUN: Run = {
  workflow: 'w1',
  task: 'Lock an account after five failed logins',
  state: 'completed',
  outcome: 'success',
  route: 'L4->L3',
  tier: 'L4->L3',
  cost: 0.12,
  started: 0,
  finished: 1,
  message: '',
  files: [{ path: 'auth.py', uri: 'file:///auth.py', kind: 'modified' }],
  verified: true,
  complete: true,
  own: true,
  applied: 'no',
};
