import type { Source, SourceKind } from './source.ts';
import { testPicture } from './test-picture.ts';

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
