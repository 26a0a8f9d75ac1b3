import type { Gathering, RigVideoCodec } from '../rig-types.ts';

/** One WHIP or WHEP session of a rig page. */
export interface HttpSession {
  readonly location: string;
  readonly offer: string;
  /** DELETEs the session and returns the status. */
  end(): Promise<number>;
}

/** Offers over HTTP the way WHIP and WHEP do, changed by `amend` before it counts, and applies the answer. */
export async function negotiateOverHttp(
  peer: RTCPeerConnection,
  url: string,
  gathering: Gathering,
  amend?: (sdp: string) => string,
): Promise<HttpSession> {
  if (amend === undefined) await peer.setLocalDescription();
  else {
    const { type, sdp = '' } = await peer.createOffer();
    await peer.setLocalDescription({ type, sdp: amend(sdp) });
  }
  if (gathering === 'complete') await gathered(peer);
  const offer = peer.localDescription?.sdp ?? '';
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: offer,
    signal: AbortSignal.timeout(15_000),
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`POST ${url} gave ${response.status}: ${answer}`);
  const location = new URL(response.headers.get('Location') ?? '', response.url).href;
  await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  return {
    location,
    offer,
    async end() {
      const ended = await fetch(location, { method: 'DELETE', signal: AbortSignal.timeout(10_000) });
      return ended.status;
    },
  };
}

/** Restarts ICE by PATCH (RFC 9725 section 4.3.3) and applies the server's new credentials; gives the status. */
export async function restartOverHttp(peer: RTCPeerConnection, session: HttpSession): Promise<number> {
  const answer = peer.remoteDescription?.sdp ?? '';
  await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
  const offer = peer.localDescription?.sdp ?? '';
  const kept = /^(a=ice-ufrag:|a=ice-pwd:|m=|a=mid:|a=group:BUNDLE)/;
  const fragment = offer.split('\r\n').filter((line) => kept.test(line));
  const response = await fetch(session.location, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' },
    body: `${fragment.join('\r\n')}\r\n`,
    signal: AbortSignal.timeout(10_000),
  });
  const fresh = await response.text();
  if (response.status !== 200) throw new Error(`PATCH gave ${response.status}: ${fresh}`);
  const line = (name: string): string => new RegExp(`^a=${name}:.*$`, 'm').exec(fresh)?.[0] ?? '';
  const restarted = answer
    .replaceAll(/^a=ice-ufrag:.*$/gm, line('ice-ufrag'))
    .replaceAll(/^a=ice-pwd:.*$/gm, line('ice-pwd'));
  await peer.setRemoteDescription({ type: 'answer', sdp: restarted });
  return response.status;
}

/** Resolves when every candidate is in the local description. */
export async function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === 'complete') return;
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => reject(new Error('candidate gathering took over 10 s')), 10_000);
  peer.addEventListener('icegatheringstatechange', () => {
    if (peer.iceGatheringState === 'complete') resolve(undefined);
  });
  await promise;
  clearTimeout(timer);
}

/** Orders a sender's codecs: the wanted one first, retransmission after it, nothing else. */
export function preferCodec(transceiver: RTCRtpTransceiver, codec: RigVideoCodec): void {
  const all = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const wanted = all.filter((one) => one.mimeType.toLowerCase() === `video/${codec}` && firstProfile(one));
  if (wanted.length === 0) throw new Error(`this browser cannot encode ${codec}`);
  transceiver.setCodecPreferences([...wanted, ...all.filter((one) => one.mimeType === 'video/rtx')]);
}

/** VP9 profile 2 is 10 bit and AV1 has only one; H.264 wants packetization mode 1. */
function firstProfile(codec: RTCRtpCodec): boolean {
  const fmtp = codec.sdpFmtpLine ?? '';
  return !/profile-id=[1-9]|packetization-mode=0|profile=[1-9]/.test(fmtp);
}
