// What counts in TypeScript, beyond JavaScript.
interface Shape {
  area(): number;
}

abstract class Base<T extends object> {
  abstract later(): void;
  private handler = (event: Event): void => { // expect: Base.handler method cyclomatic=2 cognitive=1 nesting=1 parameters=1
    if (event) this.later();
  };
  constructor(private readonly name: string, public size?: number) {} // expect: Base.constructor method cyclomatic=1 cognitive=0 nesting=0 parameters=2
  find(key: string): T | undefined;
  find(key: number): T | undefined;
  find(key: string | number): T | undefined { // expect: Base.find method cyclomatic=2 cognitive=2 nesting=0 parameters=1
    return key ? undefined : this.find(1);
  }
}

namespace Tools {
  export function pick<K>(kind: K extends string ? 1 : 2, fallback = (a: number) => a ?? 1): number { // expect: pick function cyclomatic=4 cognitive=3 nesting=2 parameters=2; pick.<anonymous> lambda cyclomatic=2 cognitive=0 nesting=0 parameters=1
    switch (kind) {
      case 1:
        if (fallback) return 1;
        break;
      case 2:
        return kind! as number;
      default:
    }
    return 0;
  }
}

export const sum: (a: number, b: number) => number = (a, b) => a + b; // expect: sum function cyclomatic=1 cognitive=0 nesting=0 parameters=2
