import type { OpenedSession } from './http-session.ts';
import { type Exchange, exchange } from './http-exchange.ts';

/** What OBS makes of one ICE server that a Link header names. */
export interface ObsIceServer {
  readonly url: string;
  readonly username: string;
  readonly credential: string;
}

/** A WHIP session as OBS's HTTP side has it. */
export interface ObsSession extends OpenedSession {
  /** The Location header as it came. */
  readonly rawLocation: string;
  readonly iceServers: readonly ObsIceServer[];
  /** From the request until the whole answer was there. */
  readonly answeredMs: number;
}

/** OBS gives up after so long. */
const patienceMs = 8_000;
const redirectLimit = 10;
const userAgent = 'Mozilla/5.0 (OBS-Studio/32.2.2; Linux x86_64; en-US)';

/** POSTs an offer with OBS's headers and demands what OBS demands: 201, a body, a Location, in 8 s. */
export async function openObsSession(
  whipUrl: string,
  offer: string,
  token: string | undefined,
): Promise<ObsSession> {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const headers = { ...authorization, 'User-Agent': userAgent };
  const startedMs = performance.now();
  const { answer, url } = await postAlong(whipUrl, { ...headers, 'Content-Type': 'application/sdp' }, offer);
  const answeredMs = performance.now() - startedMs;
  const rawLocation = answer.lines('location').at(-1) ?? '';
  if (answer.status !== 201 || answer.body === '' || rawLocation === '' || answeredMs > patienceMs) {
    throw new Error(`OBS says "Failed to connect": ${answer.status} ${answer.body} ${answeredMs} ms`);
  }
  const location = obsLocation(url, rawLocation);
  return {
    answer: answer.body,
    location,
    rawLocation,
    etag: answer.headers.etag ?? '',
    iceServers: obsIceServers(answer),
    answeredMs,
    end: async () => (await exchange(location, { method: 'DELETE', headers })).status,
  };
}

/** Follows as libcurl does for OBS: 307 and 308 are posted again with the token, to any host; other redirects become GET. */
async function postAlong(
  url: string,
  headers: Readonly<Record<string, string>>,
  offer: string,
): Promise<{ readonly answer: Exchange; readonly url: string }> {
  let answer = await exchange(url, { method: 'POST', headers, body: offer });
  let at = url;
  for (let hops = 0; hops < redirectLimit && answer.status >= 301 && answer.status <= 308; hops++) {
    at = new URL(answer.headers.location ?? '', at).href;
    const again = answer.status >= 307;
    answer = await exchange(
      at,
      again ? { method: 'POST', headers, body: offer } : { method: 'GET', headers },
    );
  }
  return { answer, url: at };
}

/** A Location without a scheme gets scheme, host and port of the endpoint and nothing else of it. */
function obsLocation(whipUrl: string, location: string): string {
  if (/^https?:\/\//.test(location)) return location;
  return new URL(whipUrl).origin + location;
}

/** Reads every Link line as OBS does: cut at commas, then at semicolons, without trimming. */
export function obsIceServers(answer: Pick<Exchange, 'lines'>): readonly ObsIceServer[] {
  return answer
    .lines('link')
    .flatMap((line) => line.split(','))
    .map(obsIceServer)
    .filter(({ url }) => url !== '');
}

/** Only what begins with "<stun:" or "<turn:" is a server; a value is what lies between the first and the last quote. */
function obsIceServer(link: string): ObsIceServer {
  const parts = link.split(';');
  const valueOf = (name: string): string => {
    const part = parts.find((one) => one.includes(`${name}=`)) ?? '';
    return part.slice(part.indexOf('"') + 1, part.lastIndexOf('"'));
  };
  const address = parts.find((part) => part.startsWith('<stun:') || part.startsWith('<turn:')) ?? '';
  return {
    url: address.slice(1, address.indexOf('>')),
    username: valueOf('username'),
    credential: valueOf('credential'),
  };
}
