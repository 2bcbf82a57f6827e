// What counts in TSX.
export function List({ items, empty }: Props) { // expect: List function cyclomatic=2 cognitive=2 nesting=0 parameters=1
  const shown = useMemo(() => items.filter((item) => item.ok && item.name), [items]); // expect: List.<anonymous> lambda cyclomatic=1 cognitive=1 nesting=0 parameters=0; List.<anonymous>.<anonymous> lambda cyclomatic=2 cognitive=1 nesting=0 parameters=1
  return <ul onClick={() => empty()}>{items.length ? shown.map((item) => <li>{item}</li>) : null}</ul>; // expect: List.<anonymous> lambda cyclomatic=1 cognitive=0 nesting=0 parameters=0; List.<anonymous> lambda cyclomatic=1 cognitive=0 nesting=0 parameters=1
}
