import type { AnswererApi, AnswererReport } from '../answerer-types.ts';

const peer = new RTCPeerConnection();
const stream = new MediaStream();
let location = '';

/** As draft-murillo-whep-01 section 4.2 has it, and as a page would write it: no header but Accept. */
async function watch(whepUrl: string, without?: 'audio' | 'video'): Promise<number> {
  const signal = AbortSignal.timeout(15_000);
  const offered = await fetch(whepUrl, { method: 'POST', headers: { Accept: 'application/sdp' }, signal });
  if (offered.status !== 201) throw new Error(`POST ${whepUrl} gave ${offered.status}`);
  location = offered.headers.get('Location') ?? '';
  peer.addEventListener('track', ({ track }) => stream.addTrack(track));
  await peer.setRemoteDescription({ type: 'offer', sdp: await offered.text() });
  const unwanted = peer.getTransceivers().filter(({ receiver }) => receiver.track.kind === without);
  // A transceiver that is stopped before the answer has its section rejected with port 0.
  for (const transceiver of unwanted) transceiver.stop();
  await peer.setLocalDescription();
  const video = document.createElement('video');
  video.srcObject = stream;
  video.autoplay = true;
  document.body.append(video);
  const answer = peer.localDescription?.sdp ?? '';
  const headers = { 'Content-Type': 'application/sdp' };
  const reply = await fetch(location, { method: 'PATCH', headers, body: answer, signal });
  return reply.status;
}

async function report(): Promise<AnswererReport> {
  const entries: Record<string, unknown>[] = [];
  (await peer.getStats()).forEach((entry: Record<string, unknown>) => entries.push(entry));
  const inbound = (kind: string): Record<string, unknown> =>
    entries.find((entry) => entry['type'] === 'inbound-rtp' && entry['kind'] === kind) ?? {};
  const video = inbound('video');
  const codec = entries.find((entry) => entry['id'] === video['codecId'])?.['mimeType'];
  return {
    connection: peer.connectionState,
    framesDecoded: Number(video['framesDecoded'] ?? 0),
    videoCodec: typeof codec === 'string' ? codec : '',
    soundMs: Number(inbound('audio')['totalSamplesDuration'] ?? 0) * 1000,
  };
}

async function leave(): Promise<number> {
  peer.close();
  const ended = await fetch(location, { method: 'DELETE', signal: AbortSignal.timeout(10_000) });
  return ended.status;
}

const answerer: AnswererApi = { watch, report, leave };
Object.assign(globalThis, { answerer });
