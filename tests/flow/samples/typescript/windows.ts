export class Tabs {
	run(): void {
		for (const x of [1, 2]) {
			console.log(x);
		}
	}

	stop(): void {}
}

export function all(): Tabs[] {
	return [new Tabs()];
}