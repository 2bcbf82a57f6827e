export namespace Geometry {
    export abstract class Shape {
        abstract area(): number;

        describe(): string {
            return `area ${this.area()}`;
        }
    }

    export class Square extends Shape {
        constructor(private side: number) {
            super();
        }

        override area(): number {
            return this.side ** 2;
        }
    }

    export function unit(): Square {
        return new Square(1);
    }
}

export enum Kind { Round, Square }
