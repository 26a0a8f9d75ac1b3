import { describe, expect, it } from 'vitest';
import type { IncomingTrack } from '#src/core/plane.ts';
import { SourceTable } from '#src/media/source-table.ts';
import { RtpHeader, writeRtpHeader } from '#src/rtp/header.ts';
import { incomingTracks } from '#test/integration/media-streams.ts';

const [video, audio] = incomingTracks({ mid: 4, rid: 5, 'repaired-rid': 6 }) as [
  IncomingTrack,
  IncomingTrack,
];

function find(
  table: SourceTable,
  packet: { readonly ssrc: number; readonly payloadType: number; readonly extensions?: string },
): ReturnType<SourceTable['find']> {
  const bytes = new Uint8Array(64);
  const fields = { ...packet, marker: false, sequence: 1, timestamp: 1 };
  const length = writeRtpHeader(bytes, fields, Buffer.from(packet.extensions ?? '', 'hex'));
  const header = new RtpHeader();
  const whole = bytes.subarray(0, length + 4);
  expect(header.parse(whole)).toBe(true);
  return table.find(whole, header);
}

describe('SourceTable', () => {
  it('knows announced SSRCs, and retransmission by its payload type', () => {
    const table = new SourceTable([video, audio]);
    expect(find(table, { ssrc: 0x1000, payloadType: 96 })).toMatchObject({
      track: video,
      isRtx: false,
      layer: 0,
    });
    expect(find(table, { ssrc: 0x1001, payloadType: 97 })).toMatchObject({ track: video, isRtx: true });
    expect(find(table, { ssrc: 0x2000, payloadType: 111 })).toMatchObject({ track: audio });
  });

  it('believes MID before payload type, and payload type only when one track has it', () => {
    const twin: IncomingTrack = { ...video, kind: 'audio', mid: '1', ssrcs: [] };
    const table = new SourceTable([{ ...video, ssrcs: [] }, twin]);
    expect(find(table, { ssrc: 1, payloadType: 96 })).toBeUndefined();
    expect(find(table, { ssrc: 1, payloadType: 96, extensions: 'bede000140310000' })?.track).toBe(twin);
    // Once bound, the SSRC alone is enough.
    expect(find(table, { ssrc: 1, payloadType: 96 })?.track).toBe(twin);
  });

  it('tells audio tracks of one payload type apart by their SSRCs, or by MID', () => {
    const second: IncomingTrack = { ...audio, mid: '2', ssrcs: [0x3000], sound: 1 };
    const third: IncomingTrack = { ...audio, mid: '3', ssrcs: [], sound: 2 };
    const table = new SourceTable([video, audio, second, third]);
    expect(find(table, { ssrc: 0x2000, payloadType: 111 })).toMatchObject({ track: audio, layer: 0 });
    expect(find(table, { ssrc: 0x3000, payloadType: 111 })).toMatchObject({ track: second, layer: 0 });
    expect(find(table, { ssrc: 4, payloadType: 111 })).toBeUndefined();
    expect(find(table, { ssrc: 4, payloadType: 111, extensions: 'bede000140330000' })).toMatchObject({
      track: third,
      layer: 0,
    });
  });

  it('tells layers apart by RID and repaired RID, in the order of the offer', () => {
    const table = new SourceTable([{ ...video, ssrcs: [], rids: ['h', 'f'] }]);
    expect(find(table, { ssrc: 1, payloadType: 96, extensions: 'bede000140305066' })?.layer).toBe(1);
    expect(find(table, { ssrc: 2, payloadType: 97, extensions: 'bede000140306068' })).toMatchObject({
      layer: 0,
      isRtx: true,
    });
    expect(find(table, { ssrc: 3, payloadType: 96, extensions: 'bede000140305078' })).toBeUndefined();
  });

  it('keeps four layers with their retransmissions and the sound apart, and all of them anew after a restart', () => {
    const table = new SourceTable([{ ...video, ssrcs: [], rids: ['0', '1', '2', '3'] }, audio]);
    for (const base of [100, 200]) {
      for (let layer = 0; layer < 4; layer++) {
        const name = `3${String(layer)}`;
        const media = find(table, {
          ssrc: base + layer,
          payloadType: 96,
          extensions: `bede0001403050${name}`,
        });
        const repair = find(table, {
          ssrc: base + 10 + layer,
          payloadType: 97,
          extensions: `bede0001403060${name}`,
        });
        expect([media?.layer, media?.isRtx, repair?.layer, repair?.isRtx]).toEqual([
          layer,
          false,
          layer,
          true,
        ]);
      }
      expect(find(table, { ssrc: base + 20, payloadType: 111 })?.track).toBe(audio);
    }
    expect(find(table, { ssrc: 100, payloadType: 96 })?.retired).toBe(true);
    expect(find(table, { ssrc: 200, payloadType: 96 })?.retired).toBe(false);
  });

  it('does not mind a rid that nobody offered', () => {
    const table = new SourceTable([{ ...video, ssrcs: [] }]);
    expect(find(table, { ssrc: 1, payloadType: 96, extensions: 'bede000150300000' })?.layer).toBe(0);
  });

  it('retires the SSRC whose place another one takes, and binds thirty-two at most', () => {
    const table = new SourceTable([{ ...video, ssrcs: [] }]);
    const first = find(table, { ssrc: 1, payloadType: 96 });
    const second = find(table, { ssrc: 2, payloadType: 96 });
    expect([first?.retired, second?.retired]).toEqual([true, false]);
    for (let ssrc = 3; ssrc <= 40; ssrc++) find(table, { ssrc, payloadType: 96 });
    expect(table.size).toBe(32);
    expect(find(table, { ssrc: 33, payloadType: 96 })).toBeUndefined();
  });

  it('refuses payload types that were not negotiated', () => {
    const table = new SourceTable([video]);
    expect(find(table, { ssrc: 0x1000, payloadType: 33 })).toBeUndefined();
    expect(table.meaning(video, 97)).toMatchObject({ isRtx: true, payload: { codec: 'vp8' } });
    expect(table.meaning(audio, 97)).toBeUndefined();
  });
});
