import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

const rateHz = 48_000;

/** Decodes an MP4 to mono samples, -1 to 1, with FFmpeg. */
export async function decoded(mp4: Uint8Array): Promise<Float32Array> {
  const options = ['-hide_banner', '-loglevel', 'error', '-i', 'pipe:0', '-ac', '1', '-ar', String(rateHz)];
  const child = spawn('ffmpeg', [...options, '-f', 'f32le', 'pipe:1'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const out = buffer(child.stdout);
  child.stdin.end(mp4);
  const bytes = await out;
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** How strong a tone is in these samples, as its amplitude (Goertzel's algorithm). */
export function amplitudeAt(samples: Float32Array, toneHz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * toneHz) / rateHz);
  let [before, last] = [0, 0];
  for (const sample of samples) [before, last] = [last, sample + turn * last - before];
  const power = last * last + before * before - turn * last * before;
  return (2 * Math.sqrt(Math.max(0, power))) / Math.max(1, samples.length);
}

/** Which of these tones is the strongest; undefined where it is silent. */
export function loudestTone(samples: Float32Array, tonesHz: readonly number[]): number | undefined {
  const [loudest] = tonesHz
    .map((toneHz) => ({ toneHz, amplitude: amplitudeAt(samples, toneHz) }))
    .toSorted((one, other) => other.amplitude - one.amplitude);
  return loudest && loudest.amplitude > 0.01 ? loudest.toneHz : undefined;
}
