import { Money, zero } from "./money";

export interface Line {
  sku: string;
  price: Money;
  amount: number;
}

/** Thrown where a cart would hold less than nothing. */
export class EmptyLine extends Error {}

/**
 * A cart knows its lines and nothing of payment.
 */
export class Cart {
  private readonly lines = new Map<string, Line>();
  #frozen = false;

  constructor(private readonly owner: string) {}

  get total(): Money {
    return [...this.lines.values()].reduce((sum, line) => sum.plus(line.price.times(line.amount)), zero);
  }

  // Adds up what is there already.
  add(line: Line): this {
    if (this.#frozen) throw new Error(`${this.owner} has paid`);
    const known = this.lines.get(line.sku);
    this.lines.set(line.sku, known ? { ...known, amount: known.amount + line.amount } : line);
    return this;
  }

  remove = (sku: string): void => {
    if (!this.lines.delete(sku)) {
      throw new EmptyLine(sku);
    }
  };

  #freeze(): void { this.#frozen = true; }

  static of(owner: string, ...lines: Line[]): Cart {
    const cart = new Cart(owner);
    lines.forEach((line) => cart.add(line));
    return cart;
  }
}

export const isEmpty = (cart: Cart): boolean => cart.total === zero;
