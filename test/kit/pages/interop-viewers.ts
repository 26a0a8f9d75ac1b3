import { WHEPClient as BinbatWhep } from '@binbat/whip-whep/whep.js';
import { WebRTCPlayer } from '@eyevinn/webrtc-player';
import { WHEPClient as MedoozeWhep } from 'whip-whep/whep.js';

import { WhepClient } from '../../../public/shared/whep-client.ts';
import type { ViewRequest } from '../interop-types.ts';
import { restarted, type RunningClient } from './interop-publishers.ts';
import { watchLikeMediamtx } from './mediamtx-like.ts';

const messageLimit = 1_000;

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
    messages: overheard(whep),
    selectLayer: (layer) => (layer === undefined ? whep.unselectLayer() : select(whep, layer)),
    restartIce: () => restarted(whep, peer),
    stop: () => whep.stop(),
  };
}

/**
 * The data of every untyped event. The client dispatches the event itself again, which browsers refuse, so its own listeners
 * never hear one; its EventSource comes some time after the answer.
 */
function overheard(client: object): readonly string[] {
  const messages: string[] = [];
  const timer = setInterval(() => {
    // Not in its type declaration.
    const { eventSource } = client as { readonly eventSource?: EventSource };
    if (!eventSource) return;
    clearInterval(timer);
    eventSource.addEventListener('message', ({ data }) => {
      if (messages.length < messageLimit) messages.push(String(data));
    });
  }, 10);
  return messages;
}

/** Its type declaration forgets the parameter. */
function select(whep: { selectLayer(layer?: object): Promise<void> }, layer: object): Promise<void> {
  return whep.selectLayer(layer);
}
