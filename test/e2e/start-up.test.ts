import { expect, it } from 'vitest';

import { launchChromium } from '#test/kit/chromium.ts';
import { startGateway } from '#test/kit/gateway.ts';
import { openJoiner } from '#test/kit/joiner.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { servePages } from '#test/kit/page-server.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { StampedStream } from '#test/kit/stamped-stream.ts';
import { stretch, until } from '#test/kit/wait.ts';

const keyframeSeconds = 11;
const phaseMs = 2_500;
const watchMs = 4_500;

it('a viewer of a publisher that ignores keyframe requests sees the newest picture long before the next keyframe', async () => {
  const recording = await makeRecording({
    codec: 'h264',
    width: 320,
    height: 180,
    bitrateBps: 400_000,
    seconds: keyframeSeconds,
    keyframeSeconds,
    stamped: true,
  });
  const browser = await launchChromium();
  try {
    await using pages = await servePages();
    await using joiner = await openJoiner(browser, pages.origin);
    await using gateway = await startGateway();
    await using publisher = await ObsPublisher.open({ whipUrl: gateway.url('/whip/deaf'), recording });
    await until('the stream is live', async () => (await gateway.stream('deaf'))?.live, {
      timeoutMs: 20_000,
    });
    const stream = new StampedStream(publisher, recording, keyframeSeconds);
    await stream.phase(phaseMs);
    const report = await joiner.join({ whepUrl: gateway.url('/whep/deaf'), watchMs });
    const ages = report.frames.map(({ afterMs, wallMs, wallTenths }) => {
      return { afterMs, ageMs: stream.ageMs(wallTenths / 10, wallMs) };
    });
    const detail = JSON.stringify({ ...report, frames: ages.slice(0, 50) });
    // The join ends before the next keyframe, so whatever is younger than the join came by the replay.
    expect(
      ages.some(({ ageMs, afterMs }) => ageMs < 1_500 && afterMs < watchMs - 1_000),
      detail,
    ).toBe(true);
    expect(report.keyframesDecoded, detail).toBe(1);
    expect(report.packetsLost, detail).toBe(0);
    expect(report.framesDecoded, detail).toBeGreaterThan((phaseMs / 1000) * 25);
    const last = ages.slice(-10);
    expect(last.length, detail).toBe(10);
    for (const { ageMs } of last) expect(ageMs, detail).toBeLessThan(2_000 * stretch());
    for (let i = 1; i < ages.length; i++)
      expect(report.frames[i]!.counter).toBeGreaterThan(report.frames[i - 1]!.counter - 1);
  } finally {
    await browser.close();
  }
});
