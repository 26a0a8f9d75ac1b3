import { expect, test } from 'vitest';
import { bridgeWhenFound } from '#src/bridge/late-bridge.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import type { Bridge } from '#src/core/cmaf.ts';
import { Failure } from '#src/core/failure.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Track } from '#src/core/media.ts';
import { brokenReport } from '#src/bridge/late-bridge.ts';
import { audioTrack, videoTrack } from './units.ts';

const found: FfmpegFound = { path: 'ffmpeg', version: '7.1' };

/** A search whose end the test decides, and what becomes of what depends on it. */
class Rig {
  readonly tracks: (readonly Track[])[] = [];
  failure: Failure | undefined = new Failure('unavailable', 'ffmpeg-missing', 'install it');
  outcome: { readonly found: FfmpegFound } | { readonly problem: string } = { problem: 'install it' };
  readonly againMs = 3_000;
  opened = 0;
  closed = 0;
  letGo = 0;
  #call: ((found: FfmpegFound) => void) | undefined;

  whenFound(call: (found: FfmpegFound) => void): Disposable {
    this.#call = call;
    return { [Symbol.dispose]: () => (this.#call = undefined) };
  }

  find(): void {
    this.failure = undefined;
    this.outcome = { found };
    this.#call?.(found);
  }

  bridge(): Bridge {
    const parts = { [Symbol.dispose]: () => void (this.letGo += 1) };
    return bridgeWhenFound({ search: this, open: () => this.#open(), parts });
  }

  #open(): Bridge {
    const life = new Lifetime();
    this.opened += 1;
    return {
      report: { ...brokenReport('none'), state: 'running' },
      obstacle: undefined,
      closed: life.closed,
      setTracks: (tracks) => this.tracks.push(tracks),
      [Symbol.asyncDispose]: () => {
        this.closed += 1;
        return life.end();
      },
    };
  }
}

test('without FFmpeg a bridge says why and is otherwise a bridge', async () => {
  const rig = new Rig();
  const bridge = rig.bridge();
  bridge.setTracks([videoTrack('h264')]);
  expect(bridge.report).toMatchObject({
    ...{ state: 'failed', problem: 'install it', video: 'none', audio: 'none' },
  });
  expect(bridge.obstacle).toEqual({ code: 'ffmpeg-missing', retryAfterMs: 3_000 });
  rig.failure = new Failure('unavailable', 'ffmpeg-old', 'take a newer one');
  expect([bridge.report.problem, bridge.obstacle?.code]).toEqual(['take a newer one', 'ffmpeg-old']);
  await bridge[Symbol.asyncDispose]();
  expect(await bridge.closed).toEqual({ by: 'owner' });
  rig.find();
  expect([rig.opened, rig.letGo]).toEqual([0, 1]);
});

test('it begins with what the publisher sends when FFmpeg is found, and goes on as a bridge', async () => {
  const rig = new Rig();
  const bridge = rig.bridge();
  const tracks = [videoTrack('h264'), audioTrack];
  bridge.setTracks(tracks);
  rig.find();
  expect([bridge.report.state, bridge.obstacle, rig.tracks]).toEqual(['running', undefined, [tracks]]);
  bridge.setTracks([]);
  expect(rig.tracks).toEqual([tracks, []]);
  await bridge[Symbol.asyncDispose]();
  expect([rig.opened, rig.closed, rig.letGo]).toEqual([1, 1, 0]);
});

test('where there is an FFmpeg it is a plain bridge from the beginning', async () => {
  const rig = new Rig();
  rig.find();
  const bridge = rig.bridge();
  expect([rig.opened, bridge.report.state]).toEqual([1, 'running']);
  await bridge[Symbol.asyncDispose]();
  expect([rig.closed, rig.letGo]).toEqual([1, 0]);
});
