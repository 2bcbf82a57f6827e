// Decisions: what the user said of single files of a result. The server knows of runs as a whole only.

import { type Disposable, EventEmitter } from 'vscode';
import { offered, type Run } from './protocol';

export type Decision = 'applied' | 'discarded';

export class Decisions implements Disposable {
  private readonly made = new Map<string, Decision>();
  private readonly changed = new EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  of(workflow: string, path: string): Decision | undefined {
    return this.made.get(key(workflow, path));
  }

  /** The files of a result on which nothing was decided yet. Of a run that is applied or discarded as a whole there are
   * none; one of which single files were taken here counts as applied for the server, and goes on. */
  undecided(run: Run): string[] {
    const begun = run.files.some(({ path }) => this.of(run.workflow, path));
    if (!offered(run) && !(begun && run.applied === 'yes')) return [];
    return run.files.map(({ path }) => path).filter((path) => !this.of(run.workflow, path));
  }

  /** Effect: notes what became of files. */
  note(workflow: string, paths: readonly string[], decision: Decision): void {
    for (const path of paths) this.made.set(key(workflow, path), decision);
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function key(workflow: string, path: string): string {
  return `${workflow} ${path}`;
}
