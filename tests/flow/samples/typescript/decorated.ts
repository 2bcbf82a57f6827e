import { Component, Input, Output } from "./framework";

@Component({
  selector: "app-clock",
  template: `
    <time>{{ now }}</time>
  `,
})
export class Clock {
  @Input() zone = "UTC";
  @Output()
  ticked = () => this.now;

  /** The time, formatted. */
  @Memo
  @Trace("clock")
  public format(@Inject("locale") locale: string): string {
    return `
${locale}
  ${this.zone}`;
  }

  get now(): string {
    return this.format("en");
  }

  set now(value: string) {
    this.zone = value;
  }
}

export default class {
  run() {
    return new Clock();
  }
}
