// Why an installation failed, in words that say what to do.

const UNREACHABLE =
  /NewConnectionError|ConnectionError|ConnectTimeout|Temporary failure in name resolution|Name or service not known|getaddrinfo failed|Network is unreachable|No route to host|Connection refused|ProxyError|\(from versions: none\)/i;
const NO_VENV = /ensurepip is not available|No module named (venv|ensurepip)/i;
const NO_SPACE = /No space left on device|ENOSPC/i;

/** What pip or venv wrote, as one sentence or two. */
export function failure(stderr: string): string {
  if (UNREACHABLE.test(stderr))
    return (
      'The Python packages of the language server could not be fetched: the package index cannot be reached. ' +
      'Connect to the network and try again, or install it on your own and name it in the setting escalation.path.'
    );
  if (NO_VENV.test(stderr))
    return 'This Python cannot make environments. Install its venv package (Debian, Ubuntu: apt install python3-venv) and try again.';
  if (NO_SPACE.test(stderr)) return 'There is no space left on the disk. Free about 500 MB and try again.';
  const last = stderr
    .split(/\r?\n/)
    .filter((line) => line.trim())
    .at(-1);
  return `The language server could not be installed: ${last ?? 'no reason was given'}. The log has the rest.`;
}
