#!/usr/bin/env node
// A parser of sums.
export class Parser {

  private at = 0;

  constructor(private readonly text: string) {}

  parse(): number {
    let value = this.#term();
    while (this.text[this.at] === "+") {
      this.at++;
      value += this.#term();
    }
    return value;
  }


  #term(): number {
    const match = /\d+/y;
    match.lastIndex = this.at;
    const found = match.exec(this.text);
    if (!found) {
      throw new SyntaxError(`a number was expected at ${this.at}`);
    }
    this.at += found[0].length;
    return Number(found[0]);
  }

}
console.log(new Parser(process.argv[2] ?? "1+2").parse());
