/** Grüße und 🎉. */
export class Grüße {
  private readonly wörter = ["Hallo", "Привет", "你好"];

  // „Zitat“ – mit Gedankenstrich
  sage(name: string): string {
    return `${this.wörter[0]} ${name} 🎈`;
  }
}

export const größer = (a: number, b: number): boolean => a > b; // ≥ ist etwas anderes
