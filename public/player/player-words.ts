import type { Tier, TierReason } from '../shared/api-types.ts';

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
  'not-granted': 'Your link opens this way of watching only.',
  'broadcast-unavailable': 'The broadcast is not available right now.',
  'webrtc-failed': 'WebRTC did not get through, perhaps because of a firewall or VPN.',
  'hls-failed': 'The broadcast could not be played.',
};

/** One sentence that says why the viewer is on this tier; unknown reasons of a newer gateway are shown as they are. */
export function reasonSentence(reason: string): string {
  return (reasons as Readonly<Record<string, string | undefined>>)[reason] ?? `Reason: ${reason}.`;
}

/** What is known about a failure when words for it are chosen. */
export interface FailureFacts {
  /** HTTP status; 0 when no answer came, undefined when it was no request. */
  readonly status: number | undefined;
  readonly code: string;
  readonly message: string;
}

/** What went wrong and what the viewer can do, in plain words. */
export function failureWords({ status, code, message }: FailureFacts): {
  readonly what: string;
  readonly remedy: string;
} {
  if (code === 'no-media-path') {
    return {
      what: 'WebRTC cannot reach the gateway.',
      remedy:
        'A firewall or VPN probably blocks its UDP port. The broadcast works all the same: it needs only HTTP.',
    };
  }
  if (code === 'no-common-codec' || status === 406) {
    return {
      what: 'This browser cannot decode what is published.',
      remedy: 'Switch to the broadcast: there the video is H.264, which every browser plays.',
    };
  }
  if (code === 'b-frames') {
    return {
      what: 'The publisher sends B-frames, which browsers cannot play over WebRTC.',
      remedy: 'Watch the broadcast; the front row opens when the publisher switches them off.',
    };
  }
  if (code === 'interactive-full') {
    return {
      what: 'The front row is full.',
      remedy: 'Watch the broadcast, and try again when somebody leaves.',
    };
  }
  if (code === 'not-granted' || code === 'tier-not-granted') {
    return {
      what: 'Your link does not open this way of watching.',
      remedy: 'Stay where you are, or ask whoever gave you the link for another one.',
    };
  }
  if (code === 'broadcast-unavailable') {
    return {
      what: 'There is no broadcast right now.',
      remedy: 'You stay in the front row, and the player changes over as soon as there is one.',
    };
  }
  if (status === 0) {
    return {
      what: 'The gateway cannot be reached.',
      remedy: 'Check your connection. The player tries again by itself.',
    };
  }
  if (status === 401 || status === 403) {
    return { what: 'You may not watch this stream.', remedy: 'Ask whoever gave you the link for a new one.' };
  }
  if (status === 400) {
    return {
      what: 'The address is not right.',
      remedy: `Check the stream’s name. The gateway says: ${message}`,
    };
  }
  if (status !== undefined && status >= 500) {
    return {
      what: 'The gateway has a problem.',
      remedy: `It says: ${message} The player tries again by itself.`,
    };
  }
  return { what: 'The stream could not be played.', remedy: `${message} The player tries again by itself.` };
}
