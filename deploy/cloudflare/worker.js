/* global crypto, fetch, Response, TextEncoder */
/**
 * LL-HLS behind Cloudflare: checks passes and takes them out of the URL, which is the cache's key. A route of the zone leads
 * /hls/* here, and the zone's origin is the gateway. Secrets (wrangler secret put): PASS_KEYS, "KID=SECRET" as in
 * auth.passKeys, several divided by a blank, and EDGE_KEY, whose hash auth.edgeKeys has. docs/cdn.md has the rest.
 */
const passText = /^(\d{10,12})\.([\w-]{1,32})\.([0-9a-f]{64})(?:\.([\w-]{1,128}))?$/;
const directives = ['_HLS_msn', '_HLS_part', '_HLS_skip'];

export default {
  async fetch(request, env) {
    if (request.method === 'OPTIONS') return preflight();
    const url = new URL(request.url);
    const inPath = /^\/hls\/t\/([^/]+)\/([^/]+)\/(.+)$/.exec(url.pathname);
    const stream = inPath ? inPath[2] : /^\/hls\/([^/]+)\/./.exec(url.pathname)?.[1];
    const shown = inPath ? [inPath[1]] : passesInCookies(request.headers.get('Cookie') ?? '');
    if (stream === undefined || url.pathname.includes('%') || url.pathname.includes('//'))
      return refusal(404, 'hls-no-such-file', 'there is nothing here');
    if (shown.length === 0) return refusal(401, 'token-missing', 'ask GET /join of the gateway for a pass');
    let good = false;
    for (const pass of shown) good ||= await opens(pass, stream, env.PASS_KEYS);
    if (!good)
      return refusal(
        403,
        'pass-invalid',
        'this pass is not valid or has expired; ask GET /join for a new one',
      );

    const target = new URL(url);
    if (inPath) target.pathname = `/hls/${stream}/${inPath[3]}`;
    target.search = directives
      .flatMap((name) => url.searchParams.getAll(name).map((value) => `${name}=${encodeURIComponent(value)}`))
      .join('&');
    const headers = { 'Frontrow-Edge': env.EDGE_KEY, 'Accept-Encoding': 'gzip' };
    // Cache-Control of the gateway decides how long it is kept; equal requests are joined while they wait.
    return fetch(target, { method: request.method, headers, cf: { cacheEverything: true } });
  },
};

async function opens(pass, stream, keys) {
  const [, ends, kid, mac, holder = ''] = passText.exec(pass) ?? [];
  if (mac === undefined || Number(ends) * 1000 <= Date.now()) return false;
  const secret = keys
    .split(' ')
    .find((key) => key.startsWith(`${kid}=`))
    ?.slice(kid.length + 1);
  if (secret === undefined) return false;
  const text = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', text.encode(secret), algorithm, false, ['verify']);
  const bytes = Uint8Array.from(mac.match(/../g), (pair) => parseInt(pair, 16));
  return crypto.subtle.verify('HMAC', key, bytes, text.encode(`/hls/${stream}/\n${ends}\n${holder}`));
}

function passesInCookies(header) {
  const found = header.matchAll(/(?:^|;)\s*(?:__Secure-)?frontrow=([^;]*)/g);
  return [...found].slice(0, 4).map(([, value]) => value.trim());
}

const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Age, Date, Retry-After',
};

function refusal(status, code, detail) {
  const type = `urn:frontrow:problem:${code}`;
  return new Response(JSON.stringify({ type, title: 'Not allowed', status, code, detail, error: detail }), {
    status,
    headers: { ...cors, 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
  });
}

function preflight() {
  const headers = {
    ...cors,
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers': '*, Authorization',
    'Access-Control-Max-Age': '86400',
  };
  return new Response(null, { status: 204, headers });
}
