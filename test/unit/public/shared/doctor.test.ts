import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { type Consultation, followDoctor } from '#public/shared/doctor.ts';

it('hears the findings with the session’s token, comes back after a break, and ends with the session', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.accept ?? ''} ${request.headers.authorization ?? ''}`);
    if (asked.length > 2) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end(
      `:\n\nevent: findings\ndata: ${JSON.stringify({ leads: asked.length === 1, findings: [] })}\n\n`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/whip/a/b/doctor`;
  const heard: Consultation[] = [];
  await followDoctor({ url, token: 'key' }, (one) => heard.push(one), new AbortController().signal);
  server.close();
  expect(heard).toEqual([
    { leads: true, findings: [] },
    { leads: false, findings: [] },
  ]);
  expect(asked).toEqual(Array.from({ length: 3 }, () => 'text/event-stream Bearer key'));
});
