import type { VideoCodec } from '../shared/api-types.ts';

/** What went wrong and what to do about it, in plain words. */
export interface Advice {
  readonly what: string;
  readonly remedy: string;
}

/** Advice for an error of the browser when it was asked for camera, microphone or screen (by DOMException name). */
export function sourceAdvice(name: string, kind: 'camera' | 'screen' | 'canvas'): Advice {
  const thing = kind === 'screen' ? 'screen' : 'camera and microphone';
  switch (name) {
    case 'NotAllowedError':
      return {
        what: `The browser may not use your ${thing}.`,
        remedy: 'Allow it in the address bar or in the system’s privacy settings, then choose again.',
      };
    case 'NotFoundError':
    case 'OverconstrainedError':
      return {
        what: 'No camera or microphone was found.',
        remedy: 'Plug one in, or publish the test picture.',
      };
    case 'NotReadableError':
      return {
        what: 'Another program is using the camera or microphone.',
        remedy: 'Close it (video calls are the usual ones), then choose again.',
      };
    case 'SecurityError':
      return {
        what: `Browsers give the ${thing} only to secure pages.`,
        remedy: 'Open this page as https:// or as http://localhost. The test picture works everywhere.',
      };
    case 'AbortError':
      return { what: 'Nothing was chosen.', remedy: 'Choose a picture again.' };
    default:
      return {
        what: 'The picture could not be opened.',
        remedy: `The browser says ${name}. Try another source.`,
      };
  }
}

/** Advice for a publish attempt that the gateway refused or that got lost. */
export function publishAdvice(facts: {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}): Advice {
  const { status, code, message } = facts;
  if (code === 'no-media-path') {
    return {
      what: 'The gateway answered, but no media gets through to it.',
      remedy:
        'A firewall blocks its UDP port, or the gateway advertises an address that you cannot reach: whoever runs it should check FRONTROW_RTC__ADDRESSES.',
    };
  }
  if (status === 0) {
    return {
      what: 'The gateway cannot be reached.',
      remedy: 'Check your connection. This page keeps trying.',
    };
  }
  if (code === 'token-missing') {
    return {
      what: 'This gateway asks for a stream key.',
      remedy: 'Type it in above; whoever runs the gateway hands keys out.',
    };
  }
  if (status === 401 || status === 403) {
    return {
      what: 'You may not publish here.',
      remedy: `Check the stream key, or ask whoever runs the gateway for one. It says: ${message}`,
    };
  }
  if (status === 400 || status === 422 || status === 406) {
    return {
      what: 'The gateway does not take this offer.',
      remedy: `Choose another codec. It says: ${message}`,
    };
  }
  if (status === 429 || status === 503) {
    return { what: 'The gateway is busy.', remedy: `This page tries again by itself. It says: ${message}` };
  }
  return { what: 'Publishing failed.', remedy: message };
}

/** What choosing a codec means for the viewers. */
export function codecNote(codec: VideoCodec): string {
  switch (codec) {
    case 'h264':
      return 'Best choice: goes to both tiers untouched, and every device plays it.';
    case 'vp8':
      return 'Plays in every browser’s front row; FFmpeg turns it into H.264 for the broadcast, which costs CPU.';
    case 'vp9':
    case 'av1':
      return 'Fewer bits for the same picture; FFmpeg turns it into H.264 for the broadcast, and old devices may not decode it.';
    case 'h265':
      return 'Only some browsers decode it in the front row; FFmpeg turns it into H.264 for the broadcast.';
  }
}
