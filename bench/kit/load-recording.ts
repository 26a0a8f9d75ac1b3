import { makeRecording, type Recording } from '#test/kit/recording.ts';

/** What the benches under load publish: a picture of everyday size, with sound. */
export function makeLoadRecording(): Promise<Recording> {
  return makeRecording({
    codec: 'h264',
    width: 640,
    height: 360,
    bitrateBps: 1_300_000,
    seconds: 8,
    keyframeSeconds: 2,
  });
}
