import { expect, test } from 'vitest';
import fc from 'fast-check';
import { nextPublicationId } from '#src/core/ids.ts';
import type { PublicationReport } from '#src/core/plane-report.ts';
import { noTotals } from '#src/media/viewer-totals.ts';
import { ImageTotals } from '#src/media/workers/image-totals.ts';

const publication = nextPublicationId();
const image = (packetsSent: number, replays: number, isLive: boolean): PublicationReport => {
  const startUp = { packets: 0, bytes: 0, spanMs: 0, replays, replayedPackets: 0, requestedInstead: 0 };
  const tracks = isLive ? [{ kind: 'video', codec: 'vp8', layers: [], startUp } as const] : [];
  return { publication, publisher: undefined, tracks, viewers: { ...noTotals(), packetsSent } };
};
const second = fc.oneof(
  { weight: 1, arbitrary: fc.constant('closed' as const) },
  { weight: 4, arbitrary: fc.record({ packets: fc.nat(50), replays: fc.nat(3), isLive: fc.boolean() }) },
);

test('whatever images come and go, each packet is counted once and no total goes down', () => {
  fc.assert(
    fc.property(fc.array(second, { maxLength: 30 }), (seconds) => {
      const totals = new ImageTotals();
      let [packets, replays, allPackets, before] = [0, 0, 0, 0];
      for (const now of seconds) {
        if (now === 'closed') {
          [packets, replays] = [0, 0];
          totals.take(undefined);
        } else {
          packets += now.packets;
          replays += now.replays;
          allPackets += now.packets;
          totals.take(image(packets, replays, now.isLive));
        }
        const [viewers, startUps] = [noTotals(), { replays: 0, replayedPackets: 0, requestedInstead: 0 }];
        totals.addTo(viewers, startUps);
        expect(viewers.packetsSent).toBe(allPackets);
        expect(startUps.replays).toBeGreaterThanOrEqual(before);
        before = startUps.replays;
      }
    }),
  );
});
