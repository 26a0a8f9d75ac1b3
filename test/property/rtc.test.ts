import fc from 'fast-check';
import { expect, test, vi } from 'vitest';

import type { Track } from '#src/core/media.ts';
import { writeAnswer } from '#src/rtc/answer.ts';
import { hostCandidates } from '#src/rtc/candidates.ts';
import { HandshakeAssembler } from '#src/rtc/dtls-records.ts';
import { negotiateEgress } from '#src/rtc/negotiate-egress.ts';
import { negotiateIngest } from '#src/rtc/negotiate-ingest.ts';
import type { OfferedSection } from '#src/rtc/offer.ts';
import { readOffer } from '#src/rtc/sdp-reader.ts';

vi.setConfig({ testTimeout: 60_000 });

const transport = {
  ice: { ufrag: 'ufragufr', password: 'p'.repeat(24) },
  fingerprint: { algorithm: 'sha-256', value: Array<string>(32).fill('AB').join(':') },
  candidates: hostCandidates(['192.0.2.1'], 8189),
  sessionNumber: 1,
} as const;

const codecs = [
  { name: 'VP8', fmtps: [''] },
  { name: 'VP9', fmtps: ['', 'profile-id=0', 'profile-id=2'] },
  { name: 'AV1', fmtps: ['', 'profile=0', 'profile=1'] },
  { name: 'H265', fmtps: ['', 'profile-id=1'] },
  {
    name: 'H264',
    fmtps: [
      '',
      ...['42e01f', '42001f', '4d001f', '640c1f'].flatMap((id) =>
        [0, 1].map((mode) => `packetization-mode=${mode};profile-level-id=${id}`),
      ),
    ],
  },
  { name: 'red', fmtps: [''] },
];
const codec = fc
  .constantFrom(...codecs)
  .chain(({ name, fmtps }) =>
    fc.record({ name: fc.constant(name), fmtp: fc.constantFrom(...fmtps), rtx: fc.boolean() }),
  );
type CodecCase = typeof codec extends fc.Arbitrary<infer T> ? T : never;
const media = fc.record({
  codecs: fc.array(codec, { minLength: 1, maxLength: 12 }),
  firstPayloadType: fc.integer({ min: 20, max: 100 }),
  audio: fc.boolean(),
  lf: fc.boolean(),
});

function videoLines(
  direction: string,
  list: readonly CodecCase[],
  firstPayloadType: number,
): readonly string[] {
  let payloadType = firstPayloadType;
  const formats: number[] = [];
  const lines = list.flatMap(({ name, fmtp, rtx }) => {
    const own = payloadType++;
    formats.push(own);
    const more = [
      `a=rtpmap:${own} ${name}/90000`,
      `a=rtcp-fb:${own} nack`,
      ...(fmtp === '' ? [] : [`a=fmtp:${own} ${fmtp}`]),
    ];
    if (!rtx) return more;
    formats.push(payloadType);
    return [...more, `a=rtpmap:${payloadType} rtx/90000`, `a=fmtp:${payloadType++} apt=${own}`];
  });
  return [
    `m=video 9 UDP/TLS/RTP/SAVPF ${formats.join(' ')}`,
    'a=mid:v',
    `a=${direction}`,
    'a=rtcp-mux',
    ...lines,
  ];
}

function offerOf(
  direction: string,
  { codecs: list, firstPayloadType, audio, lf }: typeof media extends fc.Arbitrary<infer T> ? T : never,
): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE v${audio ? ' a' : ''}`,
    'a=ice-ufrag:abcd',
    `a=ice-pwd:${'x'.repeat(22)}`,
    `a=fingerprint:sha-256 ${Array<string>(32).fill('CD').join(':')}`,
    'a=setup:actpass',
    ...videoLines(direction, list, firstPayloadType),
    ...(audio
      ? ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:a', `a=${direction}`, 'a=rtpmap:111 opus/48000/2']
      : []),
  ];
  return lines.join(lf ? '\n' : '\r\n');
}

/** Payload types of an answer's section and those that its offer had. */
function payloadTypes(section: OfferedSection | undefined): readonly number[] {
  return section?.codecs.map(({ payloadType }) => payloadType) ?? [];
}

test('an answer only takes what was offered, in sections of the same order, and reads as a strict SDP itself', () => {
  fc.assert(
    fc.property(media, (shape) => {
      fc.pre(shape.codecs.some(({ name }) => name !== 'red'));
      const offer = readOffer(offerOf('sendonly', shape));
      const { answer, incoming, tracks } = negotiateIngest(offer, { transportCc: false });
      const text = writeAnswer(answer, transport).replace('a=ice-lite\r\n', '');
      const back = readOffer(text);
      expect(back.sections.map(({ mid }) => mid)).toEqual(offer.sections.map(({ mid }) => mid));
      for (const [index, section] of back.sections.entries()) {
        const offered = new Set(payloadTypes(offer.sections[index]));
        expect(payloadTypes(section).every((payloadType) => offered.has(payloadType))).toBe(true);
        expect(section.formats.map(Number)).toEqual(payloadTypes(section));
        expect(section.direction).toBe('recvonly');
      }
      const [video] = incoming;
      expect(video?.payloads[0]?.payloadType).toBe(payloadTypes(back.sections[0])[0]);
      expect(tracks[0]?.codec).toBe(video?.payloads[0]?.codec);
    }),
    { numRuns: 200 },
  );
});

test('a viewer gets the current codec first or is refused, and never loses another codec that it offered', () => {
  const current = fc.constantFrom<Track>(
    { kind: 'video', codec: 'vp8', clockRateHz: 90_000, fmtp: '', rids: [''] },
    { kind: 'video', codec: 'vp9', clockRateHz: 90_000, fmtp: 'profile-id=2', rids: [''] },
    {
      kind: 'video',
      codec: 'h264',
      clockRateHz: 90_000,
      fmtp: 'profile-level-id=640c1f;packetization-mode=1',
      rids: [''],
    },
  );
  fc.assert(
    fc.property(media, current, (shape, stream) => {
      const offer = readOffer(offerOf('recvonly', shape));
      const names = shape.codecs.filter(({ name }) => name !== 'red');
      const playable = names.some(
        ({ name, fmtp }) =>
          name.toLowerCase() === stream.codec && (stream.codec !== 'vp9' || fmtp === 'profile-id=2'),
      );
      const negotiate = () =>
        negotiateEgress(offer, [stream], { cname: 'c', nextSsrc: () => 1 }, { transportCc: false });
      if (!playable) {
        expect(negotiate).toThrow(expect.objectContaining({ code: 'no-common-codec' }) as Error);
        return;
      }
      const [track] = negotiate().outgoing;
      expect(track?.payloads[0]?.codec).toBe(stream.codec);
      expect(track?.payloads).toHaveLength(names.length);
    }),
    { numRuns: 200 },
  );
});

test('handshake messages come out whole and in order, however they were cut, shuffled and repeated', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 5 });
  const cuts = fc.array(fc.nat({ max: 1_000 }), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(messages, cuts, (bodies, numbers) => {
      const pieces = bodies.flatMap((body, sequence) => {
        const at = body.length === 0 ? 0 : (numbers[sequence] ?? 0) % body.length;
        return [fragment(sequence, body, [0, at]), fragment(sequence, body, [at, body.length])];
      });
      const shuffled = pieces
        .concat(pieces.slice(0, 2))
        .map((piece, index) => ({ piece, rank: numbers[index + 10] ?? 0 }))
        .sort((a, b) => a.rank - b.rank);
      const assembler = new HandshakeAssembler();
      const fresh = shuffled
        .flatMap(({ piece }) => assembler.push(piece))
        .filter(({ repeated }) => !repeated);
      expect(fresh.map(({ messageSequence }) => messageSequence)).toEqual(
        bodies.map((_, sequence) => sequence),
      );
      expect(fresh.map(({ body }) => [...body])).toEqual(bodies.map((body) => [...body]));
    }),
    { numRuns: 200 },
  );
});

function fragment(sequence: number, body: Uint8Array, range: readonly [from: number, to: number]): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt8(11, 0);
  head.writeUIntBE(body.length, 1, 3);
  head.writeUInt16BE(sequence, 4);
  head.writeUIntBE(range[0], 6, 3);
  head.writeUIntBE(range[1] - range[0], 9, 3);
  return Buffer.concat([head, body.subarray(...range)]);
}
