import type { Handler } from "./http";

const json = (value: unknown): string => JSON.stringify(value, null, 2);

export const routes: Record<string, Handler> = {
  home: () => json({ ok: true }),
  // Nobody but the owner.
  async profile(request) {
    const user = await request.user();
    return json(user);
  },
  "not-found": function () {
    return json({ error: 404 });
  },
};

app.get("/", async (request, response) => {
  response.send(await routes.home(request));
});

setTimeout(() => {
  console.log("later");
}, 1000);

export async function serve(port: number): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, () => resolve()));
}
