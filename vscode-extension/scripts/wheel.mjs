// Builds the wheel of the language server that the extension installs into an environment of its own: the same sources,
// never whatever a package index has under this name. PYTHON names the interpreter.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve('..');
const own = path.join(root, '.venv/bin/python');
const python = process.env.PYTHON ?? (existsSync(own) ? own : 'python3');

rmSync('bundled', { recursive: true, force: true });
mkdirSync('bundled');
execFileSync(python, ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', 'bundled', root], {
  stdio: 'inherit',
});
process.stdout.write(`${readdirSync('bundled').join('\n')}\n`);
