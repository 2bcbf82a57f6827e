// Bundles the extension into one file; with the argument `test`, the tests as well.
import { readdirSync } from 'node:fs';
import { build } from 'esbuild';

const shared = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };

await build({
  ...shared,
  entryPoints: ['src/extension.ts'],
  format: 'cjs',
  external: ['vscode'],
  minify: true,
  outfile: 'dist/extension.js',
});
if (process.argv[2] === 'test') {
  await build({
    ...shared,
    entryPoints: readdirSync('test')
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `test/${name}`),
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    outdir: 'dist/test',
  });
}
