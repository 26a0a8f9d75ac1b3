import type { JoinOptions, JoinReport, ShownFrame } from '../join-types.ts';
import { wallNowMs } from './clock.ts';
import { StampReader } from './stamp-reader.ts';

const frameLimit = 4_000;

/** Joins as the product's player does, notes every shown frame, and leaves. */
async function join({ whepUrl, watchMs }: JoinOptions): Promise<JoinReport> {
  const video = document.createElement('video');
  video.muted = true;
  // The browser draws without a graphics card here: a smaller picture leaves the processor to the decoder.
  video.width = 640;
  document.body.append(video);
  const peer = new RTCPeerConnection();
  const stream = new MediaStream();
  video.srcObject = stream;
  peer.addEventListener('track', ({ track, receiver }) => {
    receiver.jitterBufferTarget = 0;
    stream.addTrack(track);
    void video.play();
  });
  for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
  await peer.setLocalDescription();
  const startedMs = performance.now();
  const shown = noteFrames(video, startedMs);
  let connectedMs = 0;
  peer.addEventListener('connectionstatechange', () => {
    if (peer.connectionState === 'connected') connectedMs = performance.now() - startedMs;
  });
  const response = await fetch(whepUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: peer.localDescription?.sdp ?? '',
    signal: AbortSignal.timeout(15_000),
  });
  if (response.status !== 201) throw new Error(`POST ${whepUrl} gave ${response.status}`);
  const location = new URL(response.headers.get('Location') ?? '', response.url).href;
  await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  await new Promise((resolve) => setTimeout(resolve, watchMs - (performance.now() - startedMs)));
  const report = { ...(await stats(peer)), connectedMs };
  peer.close();
  video.remove();
  await fetch(location, { method: 'DELETE', signal: AbortSignal.timeout(10_000) });
  return { ...report, ...shown };
}

function noteFrames(
  video: HTMLVideoElement,
  startedMs: number,
): { readonly frames: ShownFrame[]; framesUnreadable: number } {
  const shown = { frames: [] as ShownFrame[], framesUnreadable: 0 };
  const reader = new StampReader(video);
  const next = (): void => {
    video.requestVideoFrameCallback(() => {
      const afterMs = performance.now() - startedMs;
      const wallMs = wallNowMs();
      const stamp = reader.read();
      if (stamp === undefined) shown.framesUnreadable++;
      else if (shown.frames.length < frameLimit) shown.frames.push({ afterMs, wallMs, ...stamp });
      next();
    });
  };
  next();
  return shown;
}

async function stats(
  peer: RTCPeerConnection,
): Promise<Omit<JoinReport, 'frames' | 'framesUnreadable' | 'connectedMs'>> {
  let video: Record<string, unknown> = {};
  (await peer.getStats()).forEach((entry: Record<string, unknown>) => {
    if (entry['type'] === 'inbound-rtp' && entry['kind'] === 'video') video = entry;
  });
  const number = (name: string): number => Number(video[name] ?? 0);
  const perFrameMs = (total: string, frames: string): number =>
    number(frames) === 0 ? 0 : (number(total) / number(frames)) * 1000;
  return {
    framesDecoded: number('framesDecoded'),
    framesDropped: number('framesDropped'),
    keyframesDecoded: number('keyFramesDecoded'),
    nacks: number('nackCount'),
    keyframeRequests: number('pliCount'),
    freezes: number('freezeCount'),
    packetsLost: number('packetsLost'),
    packetsReceived: number('packetsReceived'),
    jitterBufferMs: perFrameMs('jitterBufferDelay', 'jitterBufferEmittedCount'),
    decodeMsPerFrame: perFrameMs('totalDecodeTime', 'framesDecoded'),
  };
}

Object.assign(globalThis, { join });
