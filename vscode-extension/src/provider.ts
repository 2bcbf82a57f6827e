// The provider: which endpoint and which models runs are asked of. Written to the user's settings, never a workspace's.

import { ConfigurationTarget, window, workspace } from 'vscode';
import { SECTION } from './settings';

interface Provider {
  readonly label: string;
  readonly description: string;
  readonly endpoint: string;
  readonly variable: string;
}

const PROVIDERS: readonly Provider[] = [
  {
    label: 'Anthropic',
    description: 'Claude Sonnet drafts, Claude Opus takes over',
    endpoint: 'anthropic',
    variable: 'ANTHROPIC_API_KEY',
  },
  { label: 'Z.ai', description: 'GLM models, with a pay-as-you-go key', endpoint: 'zai', variable: 'ZAI_API_KEY' },
  {
    label: 'A gateway',
    description: 'LiteLLM, OpenRouter and the like, at an address of yours',
    endpoint: 'gateway',
    variable: 'ESCALATION_GATEWAY_KEY',
  },
];

/** Effect: asks for the provider and sets it. The variable of its key, if one was chosen. */
export async function chooseProvider(): Promise<string | undefined> {
  const provider = await window.showQuickPick(PROVIDERS, {
    title: 'Choose Provider',
    placeHolder: 'Who does the runs? Judging needs nobody.',
  });
  if (!provider) return undefined;
  if (provider.endpoint === 'gateway' && !(await setAddress())) return undefined;
  if (provider.endpoint !== 'anthropic' && !(await setModels())) return undefined;
  await set('models.endpoint', provider.endpoint === 'anthropic' ? undefined : provider.endpoint);
  return provider.variable;
}

async function setAddress(): Promise<boolean> {
  const endpoints = workspace.getConfiguration(SECTION).inspect<Record<string, object>>('endpoints')?.globalValue ?? {};
  const address = await window.showInputBox({
    title: 'Address of the gateway',
    prompt: 'Without /v1/messages',
    placeHolder: 'https://gateway.example.com',
    ignoreFocusOut: true,
    validateInput: (value) =>
      /^https:\/\/|^http:\/\/(localhost|127\.0\.0\.1)([:/]|$)/.test(value)
        ? undefined
        : 'https://…; http:// only on this machine, for the key would travel in clear.',
  });
  if (!address) return false;
  await set('endpoints', { ...endpoints, gateway: { ...endpoints.gateway, base_url: address } });
  return true;
}

async function setModels(): Promise<boolean> {
  const configuration = workspace.getConfiguration(SECTION);
  for (const [key, what] of [
    ['models.default', 'default'],
    ['models.escalation', 'strong'],
  ] as const) {
    const name = await window.showInputBox({
      title: `The ${what} model`,
      prompt: 'As the provider names it; `anthropic:claude-opus-5-5` asks it at another endpoint.',
      value: configuration.get<string>(key, ''),
      ignoreFocusOut: true,
    });
    if (!name) return false;
    await set(key, name);
  }
  return true;
}

async function set(key: string, value: unknown): Promise<void> {
  await workspace.getConfiguration(SECTION).update(key, value, ConfigurationTarget.Global);
}
