import { WHEPClient as BinbatWhep } from '@binbat/whip-whep/whep.js';
import { WebRTCPlayer } from '@eyevinn/webrtc-player';
import { WHEPClient as MedoozeWhep } from 'whip-whep/whep.js';

import { WhepClient } from '../../../public/shared/whep-client.ts';
import type { ViewRequest } from '../interop-types.ts';
import { restarted, type RunningClient } from './interop-publishers.ts';
import { watchLikeMediamtx } from './mediamtx-like.ts';

/** Watches into a video element the way that the client's own documentation shows. */
export async function watchWith(
  { client, url, token }: ViewRequest,
  video: HTMLVideoElement,
): Promise<RunningClient> {
  switch (client) {
    case 'frontrow': {
      const own = new WhepClient({ url, ...(token !== undefined && { token }) });
      own.events.on('stream', (stream) => {
        video.srcObject = stream;
      });
      await own.start();
      return own;
    }
    case '@eyevinn/webrtc-player': {
      const player = new WebRTCPlayer({ video, type: 'whep', iceServers: [] });
      await player.load(new URL(url), token);
      return { stop: () => player.unload() };
    }
    case 'whip-whep':
      return watchWithMedooze(new MedoozeWhep(), video, { url, token });
    case '@binbat/whip-whep':
      return watchWithMedooze(new BinbatWhep(), video, { url, token });
    case 'mediamtx':
      return watchLikeMediamtx(url, token, video);
  }
}

interface Endpoint {
  readonly url: string;
  readonly token: string | undefined;
}

async function watchWithMedooze(
  whep: MedoozeWhep | BinbatWhep,
  video: HTMLVideoElement,
  { url, token }: Endpoint,
): Promise<RunningClient> {
  const peer = new RTCPeerConnection();
  peer.addTransceiver('audio', { direction: 'recvonly' });
  peer.addTransceiver('video', { direction: 'recvonly' });
  peer.addEventListener('track', ({ streams: [stream] }) => {
    video.srcObject = stream ?? null;
  });
  await whep.view(peer, url, token);
  return {
    restartIce: () => restarted(whep, peer),
    stop: () => whep.stop(),
  };
}
