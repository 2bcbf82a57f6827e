import React, { useState } from "react";

type Props = { title: string; onClose?: () => void };

export function Panel({ title, onClose }: Props): JSX.Element {
  const [open, setOpen] = useState(true);
  const close = () => {
    setOpen(false);
    onClose?.();
  };
  if (!open) return <></>;
  return (
    <section>
      <h1>{title}</h1>
      <button onClick={close}>×</button>
    </section>
  );
}

export const List = React.memo(({ items }: { items: string[] }) => (
  <ul>
    {items.map((item) => (
      <li key={item}>{item}</li>
    ))}
  </ul>
));

export class Boundary extends React.Component<Props> {
  componentDidCatch(error: Error) {
    console.error(error);
  }

  render() {
    return this.props.children;
  }
}
