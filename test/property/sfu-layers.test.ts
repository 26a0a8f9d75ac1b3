import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Vp8Descriptor } from '#src/rtp/descriptor/vp8.ts';
import { spatialsOf, type LayeredCodec } from './layered-codecs.ts';
import { pictureChoices, type ModelFrame } from './layered-stream.ts';
import { LayeredPublication, LayeredViewer, play, type Received } from './layered-viewers.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

const codecs: readonly LayeredCodec[] = ['vp8', 'vp9', 'av1'];
const wishes = fc.array(fc.record({ picture: fc.nat(80), rung: fc.nat(8) }), { maxLength: 7 });
const script = (losses: boolean) =>
  fc.record({
    choices: pictureChoices(losses),
    wishes: fc.array(wishes, { minLength: 4, maxLength: 4 }),
    alwaysClosed: fc.boolean(),
    copiesFirst: fc.boolean(),
    idBits: fc.constantFrom(7 as const, 15 as const),
  });
type Script = ReturnType<typeof script> extends fc.Arbitrary<infer T> ? T : never;

/** Four viewers of one stream, each with its own wishes. */
function watched(codec: LayeredCodec, of: Script) {
  const publication = new LayeredPublication(codec, of.idBits);
  const viewers = of.wishes.map(() => new LayeredViewer(publication));
  play(publication, viewers, { codec, ...of });
  return { publication, viewers };
}

/** The same stream, but every picture's first packet comes in time, or every keyframe's. */
function timely(of: Script, pictures: 'all' | 'keyframes'): Script {
  const choices = of.choices.map((choice, index) =>
    pictures === 'all' || choice.keyframe || index === 0
      ? { ...choice, fates: choice.fates.with(0, 'comes') }
      : choice,
  );
  return { ...of, choices };
}

/** What a viewer got of each picture, in the order of its numbers. */
function pictures(received: readonly Received[]): readonly (readonly Received[])[] {
  const groups: Received[][] = [];
  for (const one of received) {
    if (one.packet === undefined) continue;
    const last = groups.at(-1);
    if (last?.[0]?.packet?.frame.picture === one.packet.frame.picture) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

/** Frames that a decoder can show: complete, and all they refer to. */
function decodable(received: readonly Received[]): ReadonlySet<ModelFrame> {
  const parts = new Map<ModelFrame, Set<number>>();
  for (const { packet } of received) {
    if (packet === undefined) continue;
    const indices = parts.get(packet.frame) ?? new Set();
    parts.set(packet.frame, indices.add(packet.index));
  }
  const decoded = new Set<ModelFrame>();
  for (const [frame, indices] of parts) {
    const whole = indices.size === frame.packets;
    if (whole && frame.references.every((reference) => decoded.has(reference))) decoded.add(frame);
  }
  return decoded;
}

test.each(codecs)('%s: without losses a viewer that changes layers at will decodes all it gets', (codec) => {
  fc.assert(
    fc.property(script(false), (of) => {
      for (const viewer of watched(codec, of).viewers) {
        expect(viewer.repair()).toEqual([]);
        const received = viewer.inOrder();
        const decoded = decodable(received);
        for (const { packet } of received)
          if (packet !== undefined) expect(decoded.has(packet.frame)).toBe(true);
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test.each(codecs)(
  '%s: pictures come whole, later than the one before, with one marker at their end',
  (codec) => {
    fc.assert(
      fc.property(script(false), (of) => {
        // Without the structure that a keyframe's first packet brings, AV1's layers are not known.
        const sent = codec === 'av1' ? timely(of, 'keyframes') : of;
        for (const viewer of watched(codec, sent).viewers) {
          viewer.repair();
          let before: Received | undefined;
          for (const group of pictures(viewer.inOrder())) {
            const last = group.at(-1)!;
            // The last one may still be on its way.
            const isLast = last.out === Math.max(...viewer.received.keys());
            if (!isLast)
              expect(group.filter(({ marker }) => marker).map(({ out }) => out)).toEqual([last.out]);
            expect(new Set(group.map(({ timestamp }) => timestamp)).size).toBe(1);
            if (before !== undefined) expect((last.timestamp - before.timestamp) | 0).toBeGreaterThan(0);
            before = last;
          }
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  },
);

test.each(codecs)('%s: nothing above what was chosen, and numbers with no holes but for losses', (codec) => {
  fc.assert(
    fc.property(script(true), (of) => {
      const { viewers, publication } = watched(codec, of);
      const lost = of.choices.flatMap(({ fates }) => fates).filter((fate) => fate === 'lost').length;
      for (const viewer of viewers) {
        const holes = viewer.repair();
        expect(holes.length).toBeLessThanOrEqual(lost);
        for (const { packet, source } of viewer.inOrder()) {
          if (packet === undefined || source === publication.layer.source) continue;
          expect(packet.frame.spatial).toBeLessThanOrEqual(source.spatial);
          expect(packet.frame.temporal).toBeLessThanOrEqual(source.temporal);
        }
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test('vp8: picture ids and TL0PICIDX go on by one, whatever a viewer is switched to', () => {
  fc.assert(
    fc.property(script(false), (of) => {
      const descriptor = new Vp8Descriptor();
      const span = of.idBits === 7 ? 0x80 : 0x8000;
      // A picture of which nothing came yet keeps its id, though it may turn out to be none for this viewer.
      for (const viewer of watched('vp8', timely(of, 'all')).viewers) {
        viewer.repair();
        let id: number | undefined;
        let tl0: number | undefined;
        for (const [first, ...more] of pictures(viewer.inOrder())) {
          expect(descriptor.parse(first!.payload)).toBe(true);
          expect(descriptor.idBits).toBe(of.idBits);
          if (id !== undefined) expect(descriptor.pictureId).toBe((id + 1) % span);
          const isBase = first!.packet!.frame.temporal === 0;
          if (tl0 !== undefined) expect(descriptor.tl0).toBe((tl0 + (isBase ? 1 : 0)) & 0xff);
          id = descriptor.pictureId;
          tl0 = descriptor.tl0;
          for (const { payload } of more) {
            expect(descriptor.parse(payload)).toBe(true);
            expect([descriptor.pictureId, descriptor.tl0]).toEqual([id, tl0]);
          }
        }
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test.each(codecs)(
  '%s: a viewer gets what it wants without waiting for a keyframe, where that is possible',
  (codec) => {
    const calm = { closed: false, spatials: 3, packets: 2, fates: Array<'comes'>(9).fill('comes') };
    fc.assert(
      fc.property(fc.nat(8), fc.nat(8), fc.integer({ min: 10, max: 14 }), (from, to, picture) => {
        const publication = new LayeredPublication(codec, 15);
        const viewer = new LayeredViewer(publication);
        const choices = Array.from({ length: 40 }, (_, i) => ({ ...calm, keyframe: i === 4 }));
        const wish = [
          { picture: 2, rung: from },
          { picture, rung: to },
        ];
        play(publication, [viewer], {
          codec,
          choices,
          wishes: [wish],
          alwaysClosed: true,
          copiesFirst: false,
        });
        const count = spatialsOf[codec] * 3;
        const [spatialFrom, spatialTo] = [from % count, to % count].map((rung) => Math.floor(rung / 3));
        const isUp = spatialTo! > spatialFrom!;
        expect(viewer.down.awaiting !== undefined).toBe(isUp);
        expect(viewer.down.source === viewer.down.wanted).toBe(!isUp);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  },
);

test('vp8: a publisher that takes over goes on with the next picture, in its own width', () => {
  fc.assert(
    fc.property(script(false), (of) => {
      const publications = [
        new LayeredPublication('vp8', of.idBits),
        new LayeredPublication('vp8', of.idBits === 7 ? 15 : 7),
      ];
      const viewer = new LayeredViewer(...publications);
      const descriptor = new Vp8Descriptor();
      const numbers: { id: number; span: number; tl0: number; isBase: boolean }[] = [];
      for (const publication of publications) {
        viewer.down.select(publication.layer.source);
        play(publication, [viewer], { codec: 'vp8', ...timely(of, 'all'), wishes: [[]] });
      }
      expect(viewer.down.source).toBe(publications[1]!.layer.source);
      viewer.repair();
      for (const [first] of pictures(viewer.inOrder())) {
        expect(descriptor.parse(first!.payload)).toBe(true);
        const { pictureId: id, tl0, idBits } = descriptor;
        numbers.push({ id, span: 1 << idBits, tl0, isBase: first!.packet!.frame.temporal === 0 });
      }
      for (const [index, { id, span, tl0, isBase }] of numbers.entries()) {
        const before = numbers[index - 1];
        if (before === undefined) continue;
        expect(id % 128).toBe((before.id + 1) % 128);
        if (span === before.span) expect(id).toBe((before.id + 1) % span);
        expect(tl0).toBe((before.tl0 + (isBase ? 1 : 0)) & 0xff);
      }
    }),
    { numRuns: 30, endOnFailure: true },
  );
});
