import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type InteropRig, openInteropRig, untilWatched } from '#test/kit/interop-rig.ts';
import { type PythonClient, type PythonReport, startPythonClient } from '#test/kit/python-client.ts';

const gstreamerToneHz = 620;
const aiortcToneHz = 520;
const life = new AsyncDisposableStack();
let rig: InteropRig;

beforeAll(async () => {
  rig = life.use(await openInteropRig());
});
afterAll(() => life.disposeAsync());

/** Decoded pictures that differ, of the publisher's size, and its tone. */
function hasDecoded(report: PythonReport, toneHz: number): boolean {
  const [width, height] = report.size;
  const sees = report.pictures > 20 && width === 640 && height === 360;
  return sees && report.sounds > 30 && report.level > 0.01 && Math.abs(report.pitchHz - toneHz) < 40;
}

async function untilDecoded(viewer: PythonClient, toneHz: number): Promise<void> {
  await viewer.until(`pictures and a tone of ${toneHz} Hz`, (report) => hasDecoded(report, toneHz));
}

const whip = (stream: string): string => rig.gateway.url(`/whip/${stream}`);
const whep = (stream: string): string => rig.gateway.url(`/whep/${stream}`);

describe('GStreamer webrtcbin', () => {
  it('publishes H.264; GStreamer, aiortc and Chromium decode it, and LL-HLS begins', async () => {
    await using publisher = startPythonClient('gst_client', 'publish', whip('h264'), 'h264');
    await rig.untilLive('h264');
    await using gstreamer = startPythonClient('gst_client', 'watch', whep('h264'), 'h264');
    await using aiortc = startPythonClient('aiortc_client', 'watch', whep('h264'));
    await using page = await rig.chromium();
    await page.call('watch', { client: 'frontrow', url: whep('h264') });
    await untilWatched(page, { toneHz: gstreamerToneHz, framesRead: 0, framesShown: 30 });
    await untilDecoded(gstreamer, gstreamerToneHz);
    await untilDecoded(aiortc, gstreamerToneHz);
    await rig.untilBroadcast('h264');
    expect((await rig.stream('h264'))?.bridge?.video).toBe('passthrough');
    for (const client of [gstreamer, publisher]) {
      const { deleted, patches } = await client.stop();
      expect(deleted).toBe(200);
      // Trickled for the first section, under the entity tag of the answer.
      expect(patches.length).toBeGreaterThan(0);
      expect(new Set(patches)).toEqual(new Set([204]));
    }
    expect((await aiortc.stop()).deleted).toBe(200);
  });

  it('publishes VP8; GStreamer and aiortc decode it', async () => {
    await using publisher = startPythonClient('gst_client', 'publish', whip('vp8'), 'vp8');
    await rig.untilLive('vp8');
    await using gstreamer = startPythonClient('gst_client', 'watch', whep('vp8'), 'vp8');
    await using aiortc = startPythonClient('aiortc_client', 'watch', whep('vp8'));
    await untilDecoded(gstreamer, gstreamerToneHz);
    await untilDecoded(aiortc, gstreamerToneHz);
    expect((await publisher.stop()).deleted).toBe(200);
  });
});

describe('aiortc', () => {
  it('publishes VP8 from an offer with credentials on every line; GStreamer and Chromium decode it', async () => {
    await using publisher = startPythonClient('aiortc_client', 'publish', whip('aiortc'));
    await rig.untilLive('aiortc');
    await using gstreamer = startPythonClient('gst_client', 'watch', whep('aiortc'), 'vp8');
    await using page = await rig.chromium();
    await page.call('watch', { client: 'frontrow', url: whep('aiortc') });
    await untilWatched(page, { toneHz: aiortcToneHz, framesRead: 0, framesShown: 30 });
    await untilDecoded(gstreamer, aiortcToneHz);
    expect((await publisher.stop()).deleted).toBe(200);
  });
});
