import type { Kept } from '#src/bridge/backlog.ts';
import type { AccessUnit, CodecConfig } from '#src/bridge/depacketise/unit.ts';

/** H.264 of a size, with parameter sets that a number stands for. */
export function h264Config(width = 320, height = 180, parameters = 1): CodecConfig {
  return { codec: 'h264', width, height, codecPrivate: Uint8Array.of(parameters) };
}

/** A picture of 30 per second, by its number; its timestamp and its arrival go by it. */
export function picture(number: number, fields: Partial<AccessUnit> = {}): AccessUnit {
  const { keyframe = false } = fields;
  return {
    kind: 'video',
    timestamp: number * 3_000,
    arrivedMs: (number * 1_000) / 30,
    keyframe,
    chunks: [Uint8Array.of(number & 0xff)],
    sizeBytes: 1,
    config: keyframe ? h264Config() : undefined,
    ...fields,
  };
}

/** The same as what leads. */
export function led(number: number, fields: Partial<AccessUnit> = {}): Kept {
  return { of: 'lead', unit: picture(number, fields) };
}

/** A frame of the first sound that came at this time. */
export function heard(timeMs: number): Kept {
  const unit = { ...picture(0), kind: 'audio', timestamp: timeMs * 48, arrivedMs: timeMs } as const;
  return { of: 'lead', unit };
}
