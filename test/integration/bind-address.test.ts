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
  expect(publisher.session.answer).toMatch(/^a=candidate:.* 127\.0\.0\.2 \d+ typ host/m);
});
