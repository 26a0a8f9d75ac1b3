import { existsSync } from 'node:fs';
import data from '../../ffmpeg/encoders.json' with { type: 'json' };

/** Who encodes H.264: a name in ffmpeg/encoders.json. */
export type EncoderName = keyof typeof data;

/** An encoder, and the device that it runs on where there is one to choose. */
export interface EncoderUse {
  readonly name: EncoderName;
  readonly device: string;
}

/** Encoders that are hardware, the ones to be preferred first: those that are known to keep latency low. */
export const hardwareEncoders = [
  'nvenc',
  'qsv',
  'vaapi',
  'videotoolbox',
  'v4l2m2m',
] as const satisfies EncoderName[];

/** A hardware encoder's name. */
export type HardwareEncoder = (typeof hardwareEncoders)[number];

/** Whether an encoder is hardware. */
export function isHardware(name: EncoderName): name is HardwareEncoder {
  return hardwareEncoders.some((one) => one === name);
}

/** Encoders in software, the best first: x264, and what builds without it may have. */
export const softwareEncoders = ['software', 'openh264'] as const satisfies EncoderName[];

/** A software encoder's name. */
export type SoftwareEncoder = (typeof softwareEncoders)[number];

/** x264. */
export const software: EncoderUse = { name: 'software', device: '' };

/** What FFmpeg is told to use an encoder. */
export interface EncoderArguments {
  readonly codec: string;
  /** In front of the input: which device. */
  readonly global: readonly string[];
  /** Behind the last filter: how pictures get to the device. */
  readonly upload: string;
  /** MP4 flags that it needs on top of the usual ones. */
  readonly fragments: string;
  readonly options: readonly string[];
}

/** The arguments for an encoder. */
export function encoderArguments({ name, device }: EncoderUse): EncoderArguments {
  const { codec, global, upload, fragments, options } = data[name];
  const named = global.map((argument: string) => argument.replace('{device}', device));
  return { codec, global: named, upload, fragments, options };
}

/** What says whether a device can be there, so that no process is started to find out. */
export interface DeviceLook {
  readonly platform: string;
  readonly exists: (path: string) => boolean;
}

const thisMachine: DeviceLook = { platform: process.platform, exists: existsSync };

/** Where an encoder runs, and why it cannot, as far as looking at files tells. */
export interface DeviceFound {
  /** '' where there is none to choose. */
  readonly device: string;
  readonly absent: string | undefined;
}

/** Where this encoder's device is, or would be. On Linux alone devices are files. */
export function deviceOf(name: HardwareEncoder, { platform, exists }: DeviceLook = thisMachine): DeviceFound {
  const { devices, platform: needed }: { readonly devices: readonly string[]; readonly platform: string } =
    data[name];
  const [usual = ''] = devices;
  if (needed !== 'any' && needed !== platform)
    return { device: usual, absent: `there is none on ${platform}` };
  if (platform !== 'linux' || devices.length === 0) return { device: usual, absent: undefined };
  const device = devices.find((path) => exists(path));
  if (device !== undefined) return { device, absent: undefined };
  return { device: usual, absent: `there is no ${devices.join(' and no ')}` };
}
