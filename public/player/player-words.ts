import { accessTrouble, asksForToken } from '../shared/access-words.ts';
import type { Tier, TierReason } from '../shared/api-types.ts';
import { SignallingError } from '../shared/signalling.ts';
import { type RefusalFacts, type Trouble, withSaid } from '../shared/trouble.ts';

/** Why a tier was chosen: the gateway's reasons, and those only a player can know. */
export type ShownReason = TierReason | 'webrtc-failed' | 'hls-failed';

/** What people call a tier. */
export function tierName(tier: Tier): string {
  switch (tier) {
    case 'interactive':
      return 'Front row';
    case 'broadcast':
      return 'Broadcast';
  }
}

/** The technology behind a tier, for those who ask. */
export function tierTechnology(tier: Tier): string {
  switch (tier) {
    case 'interactive':
      return 'WebRTC (WHEP)';
    case 'broadcast':
      return 'Low-Latency HLS';
  }
}

const reasons: Readonly<Record<ShownReason, string>> = {
  requested: 'You chose it.',
  default: 'There is a free seat, so you get the fastest way.',
  'no-webrtc': 'This browser has no WebRTC.',
  'no-common-codec': 'This browser cannot decode what is published over WebRTC.',
  'b-frames': 'The publisher sends video that browsers cannot play over WebRTC.',
  'interactive-full': 'The front row is full right now.',
  'not-granted': 'Your token opens this way of watching only.',
  'broadcast-unavailable': 'The broadcast is not available right now.',
  'webrtc-failed': 'WebRTC did not get through, perhaps because of a firewall or VPN.',
  'hls-failed': 'The broadcast could not be played.',
};

/** One sentence that says why the viewer is on this tier; unknown reasons of a newer gateway are shown as they are. */
export function reasonSentence(reason: string): string {
  return (reasons as Readonly<Record<string, string | undefined>>)[reason] ?? `Reason: ${reason}.`;
}

/** What went wrong and what the viewer can do, in plain words, with the gateway's own beside them. */
export function failureTrouble(facts: RefusalFacts): Trouble {
  return asksForToken(facts) ? accessTrouble(facts, 'watch') : withSaid(failureWords(facts), facts);
}

/** Words for whatever was thrown while a tier was opened. */
export function troubleOf(error: unknown): Trouble {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof SignallingError
    ? failureTrouble(error)
    : failureTrouble({ status: undefined, code: '', message });
}

/** Words for a router's reason not to give the tier that was asked for. */
export function reasonTrouble(reason: string): Trouble {
  return failureTrouble({ status: 200, code: reason, message: '' });
}

interface Words {
  readonly what: string;
  readonly remedy: string;
}

const byCode: Readonly<Record<string, Words>> = {
  'no-media-path': {
    what: 'WebRTC cannot reach the gateway.',
    remedy:
      'A firewall or VPN probably blocks its UDP port. The broadcast works all the same: it needs only HTTP.',
  },
  'native-hls-token': {
    what: 'The HLS player of this browser cannot show your token.',
    remedy:
      'Watch in the front row, or with Chrome, Edge, Firefox, or Safari 17.1 and later, where the page plays HLS itself.',
  },
  'no-common-codec': {
    what: 'This browser cannot decode what is published.',
    remedy: 'Switch to the broadcast: there the video is H.264, which every browser plays.',
  },
  'b-frames': {
    what: 'The publisher sends B-frames, which browsers cannot play over WebRTC.',
    remedy: 'Watch the broadcast; the front row opens when the publisher switches them off.',
  },
  'interactive-full': {
    what: 'The front row is full.',
    remedy: 'Watch the broadcast, and try again when somebody leaves.',
  },
  'not-granted': {
    what: 'Your token does not open this way of watching.',
    remedy: 'Stay where you are, or ask whoever gave you the link for another one.',
  },
  'broadcast-unavailable': {
    what: 'There is no broadcast right now.',
    remedy: 'You stay in the front row, and the player changes over as soon as there is one.',
  },
};

function failureWords({ status, code, message }: RefusalFacts): Words {
  const known = byCode[status === 406 ? 'no-common-codec' : code];
  if (known !== undefined) return known;
  if (status === 0) {
    return {
      what: 'The gateway cannot be reached.',
      remedy: 'Check your connection. The player tries again by itself.',
    };
  }
  if (status === 400) return { what: 'The address is not right.', remedy: 'Check the stream’s name.' };
  if (status !== undefined && status >= 500)
    return { what: 'The gateway has a problem.', remedy: 'The player tries again by itself.' };
  const what = 'The stream could not be played.';
  const why = status === undefined ? `${message} ` : '';
  return { what, remedy: `${why}The player tries again by itself.` };
}
