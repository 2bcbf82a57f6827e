// Money, in US dollars, as people read it.

/** `$0.42`, `$0.004` where cents say nothing, `cost unknown` where a price is. */
export function usd(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return 'cost unknown';
  if (amount === 0 || amount >= 0.01) return `$${amount.toFixed(2)}`;
  return amount < 0.001 ? '<$0.001' : `$${amount.toFixed(3)}`;
}
