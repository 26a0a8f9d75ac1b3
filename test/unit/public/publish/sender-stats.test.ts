import { expect, it } from 'vitest';
import { limitWords, readSenderTotals, senderRates } from '#public/publish/sender-stats.ts';

function report(scale: number) {
  return [
    { type: 'codec', id: 'cv', mimeType: 'video/H264' },
    { type: 'codec', id: 'ca', mimeType: 'audio/opus' },
    { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.5, bytesSent: 10 },
    { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.02, bytesSent: 100_000 },
    { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9, bytesSent: 1e9 },
    { type: 'remote-inbound-rtp', packetsLost: 5 * scale },
    {
      type: 'outbound-rtp',
      kind: 'audio',
      codecId: 'ca',
      bytesSent: 10_000 * scale,
      packetsSent: 50 * scale,
    },
    video({
      rid: 'l',
      frameWidth: 320,
      frameHeight: 180,
      bytesSent: 20_000 * scale,
      framesEncoded: 30 * scale,
    }),
    video({
      rid: 'h',
      frameWidth: 1280,
      frameHeight: 720,
      bytesSent: 220_000 * scale,
      framesEncoded: 30 * scale,
      qualityLimitationReason: 'bandwidth',
    }),
  ];
}

function video(own: Readonly<Record<string, unknown>>) {
  return { type: 'outbound-rtp', kind: 'video', codecId: 'cv', packetsSent: 100, ...own };
}

it('adds up simulcast layers and names the largest picture and the path in use', () => {
  expect(readSenderTotals(report(1), 0)).toMatchObject({
    bytesSent: 250_000,
    width: 1280,
    height: 720,
    videoCodec: 'video/H264',
    audioCodec: 'audio/opus',
    roundTripSeconds: 0.02,
    limitedBy: 'bandwidth',
  });
});

it('makes rates from two readings', () => {
  const rates = senderRates(readSenderTotals(report(1), 0), readSenderTotals(report(2), 1_000));
  expect(rates).toEqual({ bitrateBps: 2_000_000, frameRate: 30, lossRatio: 0.1 });
});

it('gives none for the same instant or after the counters started over', () => {
  const now = readSenderTotals(report(2), 1_000);
  expect(senderRates(now, now)).toBeUndefined();
  expect(senderRates(now, readSenderTotals(report(1), 2_000))).toBeUndefined();
});

it('names limits in words', () => {
  expect(['bandwidth', 'cpu', 'none', 'other'].map(limitWords)).toEqual([
    'your upload',
    'this computer’s CPU',
    'nothing',
    'something else',
  ]);
});
