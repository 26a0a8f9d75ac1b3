/** Whose words an advice is given in. */
export type Encoder = 'obs' | 'browser' | 'other';

/** Tells the encoder by the name that its HTTP client gives. OBS begins as browsers do. */
export function encoderOf(userAgent: string): Encoder {
  if (/OBS-Studio|obs-webrtc/i.test(userAgent)) return 'obs';
  return userAgent.startsWith('Mozilla/') ? 'browser' : 'other';
}
