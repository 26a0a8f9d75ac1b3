import { WHIPClient as BinbatWhip } from '@binbat/whip-whep/whip.js';
import { WHIPClient as EyevinnWhip } from '@eyevinn/whip-web-client';
import { WHIPClient as MedoozeWhip } from 'whip-whep/whip.js';

import { WhipClient } from '../../../public/shared/whip-client.ts';
import type { PublishRequest } from '../interop-types.ts';
import { publishLikeMediamtx } from './mediamtx-like.ts';

/** What runs in the page. */
export interface RunningClient {
  restartIce?(): Promise<void>;
  selectLayer?(layer: object | undefined): Promise<void>;
  readonly messages?: readonly string[];
  stop(): Promise<void>;
}

/** Publishes a stream the way that the client's own documentation shows. */
export async function publishWith(
  { client, url, token }: PublishRequest,
  stream: MediaStream,
): Promise<RunningClient> {
  switch (client) {
    case 'frontrow': {
      const own = new WhipClient({ url, ...(token !== undefined && { token }), preferCodec: 'vp8' });
      await own.start(stream);
      return own;
    }
    case '@eyevinn/whip-web-client': {
      // Its default STUN server is on the internet.
      const opts = { iceServers: [], ...(token !== undefined && { authkey: token }) };
      const whip = new EyevinnWhip({ endpoint: url, opts });
      await whip.ingest(stream);
      return { stop: () => whip.destroy() };
    }
    case 'whip-whep':
      return publishWithMedooze(new MedoozeWhip(), stream, { url, token });
    case '@binbat/whip-whep':
      return publishWithMedooze(new BinbatWhip(), stream, { url, token });
    case 'mediamtx':
      return publishLikeMediamtx(url, token, stream);
  }
}

interface Endpoint {
  readonly url: string;
  readonly token: string | undefined;
}

/** The second of the two began as a copy of the first. */
async function publishWithMedooze(
  whip: MedoozeWhip | BinbatWhip,
  stream: MediaStream,
  { url, token }: Endpoint,
): Promise<RunningClient> {
  const peer = new RTCPeerConnection();
  for (const track of stream.getTracks()) peer.addTransceiver(track, { direction: 'sendonly' });
  await whip.publish(peer, url, token);
  return {
    restartIce: () => restarted(whip, peer),
    stop: () => whip.stop(),
  };
}

/** Its `restart` says nothing of its end: the peer's new credentials do. */
export async function restarted(
  client: { restart(): Promise<void> | void },
  peer: RTCPeerConnection,
): Promise<void> {
  const before = remoteUfrag(peer);
  await client.restart();
  if (remoteUfrag(peer) === before) throw new Error('the restart changed nothing');
}

function remoteUfrag(peer: RTCPeerConnection): string {
  return /^a=ice-ufrag:(.*)$/m.exec(peer.remoteDescription?.sdp ?? '')?.[1] ?? '';
}
