// Titles: what a run is called where there is little room.

import { finished, type Run } from './protocol';

/** The first line of a text, cut at a word where it is too long. */
export function shortened(text: string, most: number): string {
  const line = text.trim().split(/\r?\n/, 1)[0] ?? '';
  if (line.length <= most) return line;
  const cut = line.slice(0, most - 1);
  const space = cut.lastIndexOf(' ');
  return `${space > most / 2 ? cut.slice(0, space) : cut}…`;
}

/** `L3->L4->L3` as people read it. */
export function arrows(route: string): string {
  return route.replaceAll('->', '→');
}

/** How a run ended, if it is not a plain success that waits: that is what its icon says. */
export function unusual(run: Run): string {
  return finished(run) && ended(run) !== 'success' ? ended(run) : '';
}

/** How a run ended, in a word or two. */
export function ended(run: Run): string {
  if (run.applied === 'yes') return 'applied';
  if (run.applied === 'discarded') return 'discarded';
  return (run.outcome ?? run.state).replaceAll('_', ' ');
}
