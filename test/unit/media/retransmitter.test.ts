import { describe, expect, it } from 'vitest';
import { PublicationRig } from './publication-rig.ts';

describe('repetitions', () => {
  it('are of the stream that the viewer gets now: a keyframe made an end of what it got before', () => {
    const rig = new PublicationRig();
    const publisher = rig.publisher(['vp8'], ['q', 'f']);
    const viewer = rig.viewer(['vp8']);
    let timestamp = 0;
    const send = (key = false): void => {
      timestamp += 3_000;
      publisher.send('vp8', timestamp, { rid: 'q', bytes: 100, mark: 1, key });
      publisher.send('vp8', timestamp, { rid: 'f', bytes: 1_000, mark: 2, key });
    };
    send(true);
    rig.pass(500, () => send());
    const before = rig.copiesOf(viewer).at(-1);
    rig.nack(viewer, [before?.sequence ?? 0]);
    expect(rig.resent.map(({ mark }) => mark)).toEqual([1]);
    // Rates are measured: the larger layer is the one for a viewer without losses, from its keyframe on.
    rig.pass(1_500, () => send());
    send(true);
    rig.pass(100, () => send());
    const after = rig.copiesOf(viewer).at(-1);
    expect(after?.mark).toBe(2);
    rig.nack(viewer, [before?.sequence ?? 0, after?.sequence ?? 0]);
    expect(rig.resent.map(({ mark }) => mark)).toEqual([1, 2]);
  });
});
