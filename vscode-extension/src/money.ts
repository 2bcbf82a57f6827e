// Money, in US dollars, as people read it.

/** `$0.42`, `$0.004` where cents say nothing, `cost unknown` where a price is. */
export function usd(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return 'cost unknown';
  return amount > 0 && amount < 0.01 ? `$${amount.toFixed(4).replace(/0+$/, '')}` : `$${amount.toFixed(2)}`;
}
