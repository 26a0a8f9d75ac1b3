import { accessTrouble, asksForToken } from '../shared/access-words.ts';
import type { VideoCodec } from '../shared/api-types.ts';
import { type RefusalFacts, type Trouble, withSaid } from '../shared/trouble.ts';

type Advice = Pick<Trouble, 'what' | 'remedy'>;

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

/** Advice for a publish attempt that the gateway refused or that got lost, with the gateway's own words beside it. */
export function publishTrouble(facts: RefusalFacts): Trouble {
  return asksForToken(facts) ? accessTrouble(facts, 'publish') : withSaid(publishWords(facts), facts);
}

function publishWords({ status, code, message }: RefusalFacts): Advice {
  if (code === 'no-media-path') {
    return {
      what: 'The gateway answered, but no media gets through to it.',
      remedy:
        'A firewall blocks its UDP port, or the gateway advertises an address that you cannot reach: whoever runs it should check FRONTROW_RTC__ADDRESSES.',
    };
  }
  switch (status) {
    case 0:
      return {
        what: 'The gateway cannot be reached.',
        remedy: 'Check your connection. This page keeps trying.',
      };
    case 400:
    case 406:
    case 422:
      return { what: 'The gateway does not take this offer.', remedy: 'Choose another codec.' };
    case 429:
    case 503:
      return { what: 'The gateway is busy.', remedy: 'This page tries again by itself.' };
    case undefined:
      return { what: 'Publishing failed.', remedy: message };
    default:
      return { what: 'Publishing failed.', remedy: 'Try again in a moment.' };
  }
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
