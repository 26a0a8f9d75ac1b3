/**
 * LL-HLS behind CloudFront: a function (runtime cloudfront-js-2.0) for viewer requests of the behaviour /hls/*. It checks
 * passes and takes them out of the path, which is the cache's key. cache-policy.json belongs to it, and Frontrow-Edge goes into
 * the custom headers of the origin. docs/cdn.md has the rest.
 */
import crypto from 'crypto';

/** As in auth.passKeys, by kid. */
const keys = { KID: 'SECRET' };

const passText = /^(\d{10,12})\.([\w-]{1,32})\.([0-9a-f]{64})(?:\.([\w-]{1,128}))?$/;

// eslint-disable-next-line no-unused-vars -- CloudFront calls it by this name
function handler(event) {
  const request = event.request;
  // The gateway's own answer, and no stream: nothing to protect.
  if (request.method === 'OPTIONS') return request;
  const inPath = /^\/hls\/t\/([^/]+)\/([^/]+)\/(.+)$/.exec(request.uri);
  const plain = /^\/hls\/([^/]+)\/./.exec(request.uri);
  const stream = inPath ? inPath[2] : plain && plain[1];
  if (!stream || /%|\/\//.test(request.uri)) return refusal(404, 'hls-no-such-file', 'there is nothing here');
  const shown = inPath ? [inPath[1]] : passesInCookies(request.cookies);
  if (shown.length === 0) return refusal(401, 'token-missing', 'ask GET /join of the gateway for a pass');
  if (!shown.some((pass) => opens(pass, stream)))
    return refusal(403, 'pass-invalid', 'this pass is not valid or has expired; ask GET /join for a new one');
  if (inPath) request.uri = `/hls/${stream}/${inPath[3]}`;
  request.cookies = {};
  return request;
}

function opens(pass, stream) {
  const parts = passText.exec(pass);
  if (!parts || Number(parts[1]) * 1000 <= Date.now() || !Object.hasOwn(keys, parts[2])) return false;
  const signed = `/hls/${stream}/\n${parts[1]}\n${parts[4] || ''}`;
  const mac = crypto.createHmac('sha256', keys[parts[2]]).update(signed).digest('hex');
  // Digests of both, so that the time tells nothing about how much of a guess was right.
  return digest(mac) === digest(parts[3]);
}

function digest(text) {
  return crypto.createHash('sha256').update(text).digest('hex');
}

function passesInCookies(cookies) {
  return ['__Secure-frontrow', 'frontrow']
    .filter((name) => cookies && cookies[name])
    .map((name) => cookies[name].value);
}

function refusal(status, code, detail) {
  return {
    statusCode: status,
    headers: {
      'content-type': { value: 'application/problem+json' },
      'cache-control': { value: 'no-store' },
      'access-control-allow-origin': { value: '*' },
    },
    body: JSON.stringify({
      type: `urn:frontrow:problem:${code}`,
      title: 'Not allowed',
      status: status,
      code: code,
      detail: detail,
      error: detail,
    }),
  };
}
