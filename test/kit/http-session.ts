/** A WHIP or WHEP session opened by a test's own client. */
export interface OpenedSession {
  readonly answer: string;
  /** Absolute URL of the session. */
  readonly location: string;
  readonly etag: string;
  /** DELETEs the session and gives the status. */
  end(): Promise<number>;
}

/** POSTs an offer; throws with the problem's text unless the answer is 201. */
export async function openSession(url: string, offer: string, token?: string): Promise<OpenedSession> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/sdp',
      'User-Agent': 'Mozilla/5.0 (OBS-Studio/32.2.2; test)',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: offer,
    signal: AbortSignal.timeout(8_000),
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`POST ${url} gave ${response.status}: ${answer}`);
  const location = new URL(response.headers.get('Location') ?? '', url).href;
  return {
    answer,
    location,
    etag: response.headers.get('ETag') ?? '',
    async end() {
      const ended = await fetch(location, { method: 'DELETE', signal: AbortSignal.timeout(8_000) });
      await ended.body?.cancel();
      return ended.status;
    },
  };
}
