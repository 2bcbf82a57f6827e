// Status: the state of the server beside the language, and what it recommends, or what a run spends, in the status bar.

import {
  type Disposable,
  LanguageStatusSeverity,
  languages,
  MarkdownString,
  StatusBarAlignment,
  window,
  workspace,
} from 'vscode';
import { LANGUAGES } from './languages';
import { usd } from './money';
import { finished, type Recommendation } from './protocol';
import type { Runs } from './runs';
import type { Condition, Server } from './server';
import { arrows, shortened } from './titles';

export function showStatus(server: Server, runs: Runs): Disposable {
  const items = [languageStatus(server), changeStatus(server, runs)];
  return { dispose: () => items.forEach((item) => void item.dispose()) };
}

function languageStatus(server: Server): Disposable {
  const selector = LANGUAGES.map((language) => ({ language }));
  const item = languages.createLanguageStatusItem('escalation.server', selector);
  item.name = 'Opus Escalation';
  const log = { command: 'escalation.showLog', title: 'Show Log' };
  const show = (condition: Condition) => {
    item.busy = condition.kind === 'starting';
    item.command = log;
    item.severity = LanguageStatusSeverity.Information;
    item.detail = '';
    switch (condition.kind) {
      case 'running':
        item.text = `Opus Escalation ${condition.version}`;
        item.detail = `from ${condition.launch.source}`;
        break;
      case 'missing':
        item.text = 'Opus Escalation: not installed';
        item.severity = LanguageStatusSeverity.Error;
        item.command = { command: 'escalation.install', title: 'Install' };
        break;
      case 'failed':
        item.text = 'Opus Escalation: not running';
        item.detail = condition.message;
        item.severity = LanguageStatusSeverity.Error;
        break;
      default:
        item.text = condition.kind === 'starting' ? 'Opus Escalation: starting' : 'Opus Escalation: stopped';
    }
  };
  show(server.condition);
  const following = server.onDidChange(show);
  return { dispose: () => [item, following].forEach((each) => void each.dispose()) };
}

function changeStatus(server: Server, runs: Runs): Disposable {
  const item = window.createStatusBarItem('escalation.change', StatusBarAlignment.Left, 0);
  item.name = 'Opus Escalation';
  /** The newest word on each document. */
  const latest = new Map<string, Recommendation>();

  const show = () => {
    const run = runs.current;
    if (run) {
      const transcript = runs.transcript(run.workflow);
      const others = runs.list.filter((each) => !finished(each)).length - 1;
      const figures = transcript ? [transcript.tier || transcript.phase] : [run.state];
      if (transcript?.spent !== undefined) figures.push(usd(transcript.spent));
      item.text = `$(sync~spin) ${figures.join(' · ')}${others > 0 ? ` +${others}` : ''}`;
      item.tooltip = `${shortened(run.task, 120)}\n${transcript?.progress ?? ''}\nClick for what it says`;
      item.command = { command: 'escalation.openOutput', title: 'Output', arguments: [{ workflow: run.workflow }] };
      item.show();
      return;
    }
    const uri = window.activeTextEditor?.document.uri.toString();
    const recommendation = uri === undefined ? undefined : latest.get(uri);
    if (!recommendation) {
      item.hide();
      return;
    }
    item.text = recommendation.shouldEscalate
      ? `$(arrow-up) ${arrows(recommendation.route)} ${recommendation.confidence.toFixed(2)}`
      : '$(check) default model';
    item.tooltip = tooltip(recommendation);
    item.command = { command: 'escalation.explain', title: 'Explain' };
    item.show();
  };

  const following = [
    server.onDidRecommend((recommendation) => {
      latest.set(recommendation.uri, recommendation);
      show();
    }),
    server.onDidChange(() => {
      latest.clear();
      show();
    }),
    workspace.onDidCloseTextDocument((document) => latest.delete(document.uri.toString())),
    window.onDidChangeActiveTextEditor(show),
    runs.onDidChange(show),
    runs.onDidTell(show),
  ];
  return { dispose: () => [item, ...following].forEach((each) => void each.dispose()) };
}

function tooltip({ summary, route, model, cost }: Recommendation): MarkdownString {
  const text = new MarkdownString();
  text.appendText(summary).appendMarkdown('\n\n');
  text.appendText(`${arrows(route)} · ${model}`);
  if (cost) text.appendMarkdown('\n\n').appendText(`about ${usd(cost.p50)} (${usd(cost.p10)} to ${usd(cost.p90)})`);
  return text.appendMarkdown('\n\n_Click for the whole assessment_');
}
