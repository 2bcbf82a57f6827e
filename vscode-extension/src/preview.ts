// The preview: what applying a result would make of a file, as a diff editor, and the decision on it.

import {
  commands,
  type Disposable,
  EventEmitter,
  TabInputTextDiff,
  type TextDocumentContentProvider,
  Uri,
  window,
  workspace,
} from 'vscode';
import type { Decisions } from './decisions';
import { usd } from './money';
import type { Applied, Run } from './protocol';
import type { Runs } from './runs';
import { arrows } from './titles';
import type { Row } from './tree';

export const PREVIEW_SCHEME = 'escalation-preview';
const MILLISECONDS_OF_QUIET = 300;

export class Previews implements TextDocumentContentProvider, Disposable {
  private readonly changed = new EventEmitter<Uri>();
  readonly onDidChange = this.changed.event;
  /** What the right-hand sides show, by their URI. */
  private readonly texts = new Map<string, string>();
  private readonly refreshing = new Map<string, NodeJS.Timeout>();
  private readonly subscriptions: Disposable[];

  constructor(
    private readonly runs: Runs,
    private readonly decisions: Decisions,
  ) {
    this.subscriptions = [
      workspace.registerTextDocumentContentProvider(PREVIEW_SCHEME, this),
      workspace.onDidChangeTextDocument(({ document }) => this.followEdit(document.uri)),
      workspace.onDidCloseTextDocument((document) => this.texts.delete(document.uri.toString())),
    ];
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  /** Effect: opens the diff of a file of a result. Raises Refusal. */
  async open(run: Run, path: string): Promise<void> {
    const preview = await this.runs.preview(run.workflow, path);
    const right = sideUri(run, path, 'after');
    this.show(right, preview.after ?? '');
    const name = path.split('/').at(-1) ?? path;
    let left = Uri.parse(preview.uri);
    if (preview.before === null) {
      left = sideUri(run, path, 'before');
      this.show(left, '');
    }
    const kind = preview.before === null ? ' (new)' : preview.after === null ? ' (deleted)' : '';
    const title = `${name}${kind} ↔ ${arrows(run.tier)} · ${usd(run.cost)}`;
    await commands.executeCommand('vscode.diff', left, right, title, { preview: true });
    if (preview.conflict) void window.showWarningMessage(`${path} ${preview.conflict}.`);
  }

  /** Effect: opens the first file that is yet to be decided on. True if there is one. */
  async openNext(run: Run): Promise<boolean> {
    const next = this.decisions.undecided(run)[0];
    if (next === undefined) return false;
    await this.open(run, next);
    return true;
  }

  /** Effect: applies files of a result, all that are undecided if none is named. Raises Refusal. */
  async apply(run: Run, paths: readonly string[] = this.decisions.undecided(run)): Promise<void> {
    if (paths.length === 0) return;
    const whole = paths.length === run.files.length;
    const applied = await this.runs.apply(run.workflow, whole ? undefined : paths);
    this.decisions.note(run.workflow, applied.applied, 'applied');
    await this.close(run, applied.applied);
    tellKept(applied);
    if (applied.applied.length === 0) return; // the diff that is open says the same
    const first = run.files.find((file) => file.path === applied.applied[0] && file.kind !== 'deleted');
    if (await this.openNext(this.runs.get(run.workflow) ?? run)) return;
    if (first) await window.showTextDocument(Uri.parse(first.uri), { preview: false });
  }

  /** Effect: leaves files of a result; once no file is left to decide on and none was taken, the whole result. */
  async discard(run: Run, paths: readonly string[] = this.decisions.undecided(run)): Promise<void> {
    this.decisions.note(run.workflow, paths, 'discarded');
    await this.close(run, paths);
    if (run.files.every((file) => this.decisions.of(run.workflow, file.path) === 'discarded'))
      await this.runs.discard(run.workflow);
    else await this.openNext(run);
  }

  dispose(): void {
    for (const timer of this.refreshing.values()) clearTimeout(timer);
    for (const item of [this.changed, ...this.subscriptions]) item.dispose();
  }

  private show(uri: Uri, text: string): void {
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
  }

  private async close(run: Run, paths: readonly string[]): Promise<void> {
    const closing = new Set(paths.map((path) => sideUri(run, path, 'after').toString()));
    const tabs = diffTabs().filter(({ input }) => closing.has(input.modified.toString()));
    await window.tabGroups.close(tabs.map(({ tab }) => tab));
  }

  /** The file of an open diff was edited: its other side is made anew, once the typing pauses. */
  private followEdit(uri: Uri): void {
    for (const { input } of diffTabs()) {
      if (input.original.toString() !== uri.toString()) continue;
      const right = input.modified;
      const { workflow, path } = rowOf(right) ?? {};
      if (!workflow || path === undefined) continue;
      clearTimeout(this.refreshing.get(right.toString()));
      const refresh = async () => {
        const preview = await this.runs.preview(workflow, path).catch(() => undefined);
        if (preview) this.show(right, preview.after ?? '');
      };
      this.refreshing.set(right.toString(), setTimeout(refresh, MILLISECONDS_OF_QUIET));
    }
  }
}

/** The file that a side of a diff is about. */
export function rowOf(uri: Uri | undefined): Required<Pick<Row, 'workflow' | 'path'>> | undefined {
  if (uri?.scheme !== PREVIEW_SCHEME) return undefined;
  return { workflow: new URLSearchParams(uri.query).get('workflow') ?? '', path: uri.path.slice(1) };
}

/** The side of the diff in front that this extension made. */
export function activeSide(): Uri | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof TabInputTextDiff && input.modified.scheme === PREVIEW_SCHEME ? input.modified : undefined;
}

/** The query says whether there are several files: then there are buttons for all of them, too (see `package.json`). */
function sideUri({ workflow, files }: Run, path: string, side: 'before' | 'after'): Uri {
  const query = new URLSearchParams({ workflow, side, files: files.length > 1 ? 'several' : 'one' }).toString();
  return Uri.from({ scheme: PREVIEW_SCHEME, path: `/${path}`, query });
}

function diffTabs() {
  return window.tabGroups.all
    .flatMap((group) => group.tabs)
    .flatMap((tab) =>
      tab.input instanceof TabInputTextDiff && tab.input.modified.scheme === PREVIEW_SCHEME
        ? [{ tab, input: tab.input }]
        : [],
    );
}

function tellKept({ kept, patch }: Applied): void {
  if (kept.length === 0) return;
  const [first] = kept;
  const what =
    kept.length === 1 && first ? `${first.path} ${first.why}.` : `${kept.length} files were left as they are`;
  const show = 'Show Patch';
  void window.showWarningMessage(what, ...(patch ? [show] : [])).then((choice) => {
    if (choice === show && patch)
      void window.showTextDocument(patch.startsWith('file:') ? Uri.parse(patch) : Uri.file(patch));
  });
}
