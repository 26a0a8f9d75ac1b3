import { describe, expect, test } from 'vitest';
import { type Copy, PublicationRig, ssrcOf, type TestPublisher } from './publication-rig.ts';

/** A stream of two sizes in one, its viewer, and time. */
class Stage {
  readonly rig = new PublicationRig();
  readonly publisher: TestPublisher = this.rig.publisher(['vp9']);
  readonly viewer = this.rig.viewer(['vp9']);
  /** Answers keyframe requests at once. */
  answers = false;
  keyframes = 0;
  #picture = 0;
  #key = true;

  play(spanMs: number): void {
    let dueMs = this.rig.nowMs;
    this.rig.pass(spanMs, () => {
      const asked = this.rig.keyframeRequests(this.publisher.peer);
      this.requests += asked;
      if (this.answers && asked > 0) this.#key = true;
      if (this.rig.nowMs < dueMs) return;
      dueMs += 40;
      if (this.#key) this.keyframes += 1;
      this.publisher.sendVp9(this.#picture, this.#key);
      this.#picture += 1;
      this.#key = false;
    });
  }

  requests = 0;

  /** What the viewer got, lower layer or upper. */
  copies(layer: 0 | 1): Copy[] {
    return this.rig
      .copiesOf(this.viewer)
      .filter(({ ssrc, mark }) => ssrc === ssrcOf.video && mark % 2 === layer);
  }

  /** Asks for a packet again. */
  miss(copy: Copy | undefined): void {
    this.rig.nack(this.viewer, [copy?.sequence ?? 0]);
  }
}

/** A viewer that got both layers and then is left the lower one. */
function narrowed(answers: boolean): Stage {
  const stage = new Stage();
  stage.answers = answers;
  stage.play(2_500);
  if (answers)
    for (let i = 0; i < 3; i += 1) {
      stage.rig.pli(stage.viewer);
      stage.play(1_500);
    }
  stage.rig.wish(stage.viewer, { maxSpatialLayer: 0 });
  stage.play(600);
  const upper = stage.copies(1).length;
  stage.play(400);
  expect(stage.copies(1).length).toBe(upper);
  stage.requests = 0;
  stage.rig.resent.length = 0;
  return stage;
}

describe('a viewer that gets fewer layers and still misses something of the upper ones', () => {
  test('is given a keyframe once, and nothing again of what it does not need then', () => {
    const stage = narrowed(true);
    const before = stage.keyframes;
    for (let i = 0; i < 8; i += 1) {
      stage.miss(stage.copies(1).at(-1));
      stage.play(100);
    }
    expect([stage.requests, stage.keyframes - before]).toEqual([1, 1]);
    expect(stage.rig.resent).toEqual([]);
  });

  test('gets the packet where the publisher may be deaf', () => {
    const stage = narrowed(false);
    stage.miss(stage.copies(1).at(-1));
    expect(stage.rig.resent).toMatchObject([{ mark: stage.copies(1).at(-1)?.mark }]);
  });

  test('gets what it misses of the lower one as ever, without a keyframe', () => {
    const stage = narrowed(true);
    stage.miss(stage.copies(0).at(-2));
    stage.play(200);
    expect([stage.requests, stage.rig.resent.length]).toEqual([0, 1]);
  });
});
