import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RTCPeerConnection, useH264, useOPUS } from 'werift';

/** A WHIP endpoint that counts what it receives. */
export interface WhipServer extends AsyncDisposable {
  readonly url: string;
  readonly received: { video: number; audio: number };
  readonly requests: readonly string[];
  /** Whether the newest offer announced stereo (RFC 7587 section 6.1), and whether the newest packet is (RFC 6716 section 3.1). */
  readonly stereo: { announced: boolean; sent: boolean };
  /** Bearer tokens as they came. */
  readonly authorizations: readonly (string | undefined)[];
}

/** Answers the first `refusals` offers with 503, the others for real. */
export async function openWhipServer(refusals: number): Promise<WhipServer> {
  const peers: RTCPeerConnection[] = [];
  const received = { video: 0, audio: 0 };
  const stereo = { announced: false, sent: false };
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  let left = refusals;

  const answer = async (offer: string): Promise<string> => {
    const peer = new RTCPeerConnection({
      codecs: { video: [useH264()], audio: [useOPUS()] },
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    peers.push(peer);
    peer.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe(({ payload }) => {
        if (track.kind === 'video') {
          received.video += 1;
          return;
        }
        received.audio += 1;
        stereo.sent = ((payload[0] ?? 0) & 0x04) !== 0;
      });
    });
    stereo.announced = /a=fmtp:\d+ .*sprop-stereo=1/.test(offer);
    await peer.setRemoteDescription({ type: 'offer', sdp: offer });
    await peer.setLocalDescription(await peer.createAnswer());
    return peer.localDescription?.sdp ?? '';
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    authorizations.push(request.headers.authorization);
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    if (request.method === 'DELETE') {
      response.writeHead(200).end();
    } else if (left > 0) {
      left -= 1;
      response.writeHead(503).end('not yet');
    } else {
      const sdp = await answer(Buffer.concat(chunks).toString());
      response.writeHead(201, { location: '/whip/demo/1', 'content-type': 'application/sdp' }).end(sdp);
    }
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    url: `http://127.0.0.1:${String(port)}/whip/demo`,
    received,
    stereo,
    requests,
    authorizations,
    async [Symbol.asyncDispose]() {
      for (const peer of peers) await peer.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
