import { makeRecording, type Recording } from '#test/kit/recording.ts';

const small = { codec: 'h264', width: 160, height: 96, bitrateBps: 200_000 } as const;

/** Real x264 streams, made once for a test file. */
export async function makeRecordings(): Promise<
  Record<'plain' | 'reordered' | 'sparse' | 'larger', Recording>
> {
  const [plain, reordered, sparse, larger] = await Promise.all([
    makeRecording({ ...small, seconds: 4, keyframeSeconds: 2 }),
    makeRecording({ ...small, seconds: 4, keyframeSeconds: 2, bFrames: 2 }),
    makeRecording({ ...small, seconds: 16, keyframeSeconds: 8 }),
    makeRecording({ ...small, width: 320, height: 192, seconds: 2, keyframeSeconds: 2 }),
  ]);
  return { plain, reordered, sparse, larger };
}
