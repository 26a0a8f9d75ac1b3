import { expect, test } from 'vitest';
import type { TapPacket } from '#src/core/media.ts';
import { CodecWatch } from '#src/doctor/video/codec-watch.ts';

const packet: TapPacket = {
  ...{ kind: 'video', codec: 'h265', sequence: 1, timestamp: 0, marker: true, keyframe: true },
  ...{ payload: new Uint8Array(), arrivedMs: 0 },
};

test('where nothing can be encoded the publisher is told that there is no LL-HLS, whatever it sends', () => {
  const watch = new CodecWatch();
  const vitals = { publication: undefined, viewers: [], lacksEncoder: true };
  watch.report(vitals);
  expect(watch.symptoms()).toEqual([{ code: 'cannot-transcode', evidence: { codec: 'h264' } }]);
  watch.packet(packet);
  expect(watch.symptoms().map(({ code }) => code)).toEqual(['cannot-transcode', 'codec-few-viewers']);
  watch.report({ ...vitals, lacksEncoder: false });
  expect(watch.symptoms().map(({ code }) => code)).toEqual(['needs-transcoding', 'codec-few-viewers']);
});
