// The languages the server knows, by the identifiers of VS Code.

/** Those with functions: opening one of these starts the server. */
export const CODE = [
  'python',
  'javascript',
  'javascriptreact',
  'typescript',
  'typescriptreact',
  'java',
  'go',
  'rust',
  'c',
  'cpp',
  'csharp',
  'ruby',
  'php',
  'kotlin',
  'shellscript',
  'sql',
] as const;

/** Those without functions that are still part of a change. */
export const DATA = [
  'yaml',
  'json',
  'jsonc',
  'toml',
  'html',
  'vue',
  'svelte',
  'handlebars',
  'django-html',
  'css',
  'scss',
  'sass',
  'less',
  'stylus',
  'dockerfile',
  'graphql',
  'proto',
  'proto3',
] as const;

export const LANGUAGES: readonly string[] = [...CODE, ...DATA];
