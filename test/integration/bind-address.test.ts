import { expect, it } from 'vitest';

import { startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

it('answers come from the address that the media ports are bound to, where it is not the first one', async () => {
  const recording = await makeRecording({
    codec: 'h264',
    width: 160,
    height: 90,
    bitrateBps: 100_000,
    seconds: 2,
    keyframeSeconds: 1,
  });
  await using gateway = await startGateway({
    env: { FRONTROW_RTC__ADDRESSES: '', FRONTROW_RTC__BIND_ADDRESS: '127.0.0.2' },
  });
  await using publisher = await ObsPublisher.open({ whipUrl: gateway.url('/whip/second'), recording });
  await until('the stream is live', async () => (await gateway.stream('second'))?.live, {
    timeoutMs: 20_000,
  });
  const hosts = publisher.session.answer.matchAll(/^a=candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ host/gm);
  // Nor does it offer an address at which nothing listens.
  expect(new Set(Array.from(hosts, ([, ip]) => ip))).toEqual(new Set(['127.0.0.2']));
  expect(publisher.connection).toBe('connected');
});
