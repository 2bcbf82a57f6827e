export function pick(from: string): string;
export function pick(from: number[]): number;
// The implementation is not part of the signature.
export function pick(from: string | number[]): string | number {
  return typeof from === "string" ? from.charAt(0) : from[0];
}

export class Finder {
  find(id: number): string;
  find(name: string): string;
  find(key: number | string): string {
    return String(key);
  }

  async *walk<T>(items: Iterable<T>): AsyncGenerator<T> {
    for (const item of items) {
      yield item;
    }
  }
}

declare function later(): void;

function* ids(start = 0) {
  while (true) yield start++;
}
