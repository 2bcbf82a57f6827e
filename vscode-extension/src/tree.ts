// The Runs view: running and finished runs, and the files of their results.

import {
  type Disposable,
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
  window,
} from 'vscode';
import type { Decisions } from './decisions';
import { usd } from './money';
import { finished, type Run, type RunFile } from './protocol';
import type { Runs } from './runs';
import { arrows, ended, shortened, unusual } from './titles';

/** Short, so that the cost behind it is seen; the whole task is in the tooltip. */
const TITLE = 20;

/** A row of the view: a run, what it said and spent, or a file of its result. */
export interface Row {
  readonly workflow: string;
  readonly path?: string;
  readonly output?: true;
}

export function showTree(runs: Runs, decisions: Decisions): Disposable {
  const provider = new Tree(runs, decisions);
  const view = window.createTreeView('escalation.runs', { treeDataProvider: provider, showCollapseAll: false });
  const badge = () => {
    const waiting = runs.list.filter((run) => decisions.undecided(run).length > 0).length;
    view.badge = waiting
      ? { value: waiting, tooltip: waiting === 1 ? '1 result to review' : `${waiting} results to review` }
      : undefined;
  };
  const counting = [runs.onDidChange(badge), decisions.onDidChange(badge)];
  return { dispose: () => [view, ...counting, provider].forEach((item) => void item.dispose()) };
}

class Tree implements TreeDataProvider<Row>, Disposable {
  private readonly changed = new EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscriptions: Disposable[];
  private last = new Map<string, string>();

  constructor(
    private readonly runs: Runs,
    private readonly decisions: Decisions,
  ) {
    this.subscriptions = [
      runs.onDidChange(() => this.changed.fire()),
      decisions.onDidChange(() => this.changed.fire()),
      // A row is drawn anew when its figures change, not at every word that a model says.
      runs.onDidTell((workflow) => {
        const progress = runs.transcript(workflow)?.progress ?? '';
        if (this.last.get(workflow) === progress) return;
        this.last.set(workflow, progress);
        this.changed.fire();
      }),
    ];
  }

  getChildren(row?: Row): Row[] {
    if (!row) return this.runs.list.map(({ workflow }) => ({ workflow }));
    const { workflow } = row;
    if (row.output || row.path !== undefined) return [];
    return [
      { workflow, output: true },
      ...(this.runs.get(workflow)?.files ?? []).map(({ path }) => ({ workflow, path })),
    ];
  }

  getTreeItem(row: Row): TreeItem {
    const run = this.runs.get(row.workflow);
    if (!run) return new TreeItem('');
    if (row.output) return this.output(run);
    const file = run.files.find(({ path }) => path === row.path);
    return file ? this.file(run, file) : this.run(run);
  }

  dispose(): void {
    for (const item of [this.changed, ...this.subscriptions]) item.dispose();
  }

  private run(run: Run): TreeItem {
    const open = this.decisions.undecided(run).length > 0;
    const going = !finished(run);
    const item = new TreeItem(
      shortened(run.task, TITLE) || 'Run',
      open || going ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
    );
    // What it is about to be is part of the identity, so that a run folds up when there is nothing left to do.
    item.id = `${run.workflow} ${open || going}`;
    item.description = unusual(run) || (run.cost === null ? '' : usd(run.cost));
    item.iconPath = icon(run);
    item.contextValue = `run.${going ? 'running' : open ? 'offered' : 'done'}`;
    item.tooltip = tooltip(run);
    item.command = { command: 'escalation.openRun', title: 'Open', arguments: [{ workflow: run.workflow }] };
    return item;
  }

  private output(run: Run): TreeItem {
    const transcript = this.runs.transcript(run.workflow);
    const tier = finished(run) ? arrows(run.tier || run.route) : transcript?.tier;
    const item = new TreeItem(tier || arrows(run.route));
    item.id = `${run.workflow} output`;
    item.description = finished(run)
      ? `${ended(run)} · ${usd(run.cost)}`
      : transcript?.model || transcript?.phase || run.state;
    item.iconPath = new ThemeIcon('output');
    item.contextValue = 'output';
    item.tooltip = 'What the models say';
    item.command = { command: 'escalation.openOutput', title: 'Output', arguments: [{ workflow: run.workflow }] };
    return item;
  }

  private file(run: Run, file: RunFile): TreeItem {
    const item = new TreeItem(Uri.parse(file.uri));
    const decision = this.decisions.of(run.workflow, file.path);
    item.id = `${run.workflow} ${file.path}`;
    item.description = [file.kind === 'modified' ? '' : file.kind, decision ?? ''].filter(Boolean).join(' · ');
    item.contextValue = this.decisions.undecided(run).includes(file.path) ? 'file.offered' : 'file.done';
    item.tooltip = file.path;
    item.command = {
      command: 'escalation.openDiff',
      title: 'Show Diff',
      arguments: [{ workflow: run.workflow, path: file.path }],
    };
    return item;
  }
}

function icon(run: Run): ThemeIcon {
  if (!finished(run)) return new ThemeIcon('sync~spin', new ThemeColor('charts.blue'));
  if (run.applied === 'yes') return new ThemeIcon('check-all', new ThemeColor('charts.green'));
  if (run.outcome === 'success' || run.outcome === 'fallback_success')
    return new ThemeIcon('check', new ThemeColor('charts.green'));
  if (run.outcome === 'cancelled' || run.state === 'cancelled') return new ThemeIcon('circle-slash');
  if (run.outcome === 'partial_success') return new ThemeIcon('warning', new ThemeColor('charts.yellow'));
  return new ThemeIcon('error', new ThemeColor('charts.red'));
}

function tooltip(run: Run): MarkdownString {
  const text = new MarkdownString();
  text.appendText(run.task).appendMarkdown('\n\n');
  const rows = [
    ['route', arrows(run.tier || run.route)],
    ['outcome', finished(run) ? ended(run) : run.state],
    ['cost', usd(run.cost)],
    ['verified', run.verified === null ? 'not verified' : run.verified ? 'passed' : 'failed'],
    ['started', new Date(run.started).toLocaleString()],
  ];
  text.appendMarkdown(`| | |\n|---|---|\n${rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n')}\n\n`);
  if (run.message) text.appendText(run.message);
  return text;
}
