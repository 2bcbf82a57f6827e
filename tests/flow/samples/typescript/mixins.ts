type Constructor<T = object> = new (...args: any[]) => T;

export function Timed<B extends Constructor>(Base: B) {
  return class extends Base {
    started = Date.now();

    elapsed(): number {
      return Date.now() - this.started;
    }
  };
}

export const Named = class {
  constructor(readonly name: string) {}
  greet() { return `I am ${this.name}`; }
};

let counter = 0;
export { counter };

function next(): number { return counter++; } function reset(): void { counter = 0; }

async function retry<T>(
  work: () => Promise<T>,
  times = 3,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= times) throw error;
    }
  }
}
