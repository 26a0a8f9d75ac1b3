import { testPicture } from './test-picture.ts';

/** What can be published. */
export type SourceKind = 'camera' | 'screen' | 'canvas';

/** A picture with sound, and how to put it away. */
export interface Source {
  readonly kind: SourceKind;
  readonly media: MediaStream;
  /** Stops the devices. */
  close(): void;
}

/** Opens a source; call it from a click, because browsers ask the person first. Rejects with the browser's own error. */
export async function openSource(kind: SourceKind): Promise<Source> {
  if (kind === 'canvas') return testPicture();
  // Typed as always there, but absent on plain http:// addresses.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw new DOMException('No media devices on an insecure page', 'SecurityError');
  const media = kind === 'camera' ? await openCamera(devices) : await openScreen(devices);
  return {
    kind,
    media,
    close() {
      for (const track of media.getTracks()) track.stop();
    },
  };
}

async function openCamera(devices: MediaDevices): Promise<MediaStream> {
  const media = await devices.getUserMedia({
    video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
    audio: { channelCount: { ideal: 2 } },
  });
  hint(media, 'motion');
  return media;
}

async function openScreen(devices: MediaDevices): Promise<MediaStream> {
  const media = await devices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: true });
  hint(media, 'detail');
  return media;
}

/** Tells the encoder what matters when bits are short: movement or sharp text. */
function hint(media: MediaStream, contentHint: 'motion' | 'detail'): void {
  for (const track of media.getVideoTracks()) track.contentHint = contentHint;
}
