/**
 * Checks LL-HLS passes in nginx (njs 0.7 or later). The gateway's docs/cdn.md says what a pass is.
 *
 * $frontrow_pass_keys: "KID=SECRET", several divided by a blank; empty where streams are open to everybody.
 */
import crypto from 'crypto';

const passText = /^(\d{10,12})\.([\w-]{1,32})\.([0-9a-f]{64})(?:\.([\w-]{1,128}))?$/;

/** `open`, `pass` (a good one), `refused` (a bad one) or `ask` (none: the gateway decides). */
function verdict(r) {
  const keys = r.variables.frontrow_pass_keys;
  if (!keys) return 'open';
  // r.uri is decoded and free of dots: what is checked here is what the gateway is asked for.
  const inPath = /^\/hls\/t\/([^/]+)\/([^/]+)\/./.exec(r.uri);
  if (inPath) return opens(inPath[1], inPath[2], keys) ? 'pass' : 'refused';
  const stream = /^\/hls\/([^/]+)\/./.exec(r.uri);
  if (!stream || r.headersIn['Authorization']) return 'ask';
  const shown = (r.headersIn['Cookie'] || '')
    .split(';')
    .map((pair) => /^\s*(?:__Secure-)?frontrow=(.*?)\s*$/.exec(pair))
    .filter((found) => found)
    .slice(0, 4);
  if (shown.length === 0) return 'ask';
  return shown.some((found) => opens(found[1], stream[1], keys)) ? 'pass' : 'refused';
}

function opens(pass, stream, keys) {
  const parts = passText.exec(pass);
  if (!parts || Number(parts[1]) * 1000 <= Date.now()) return false;
  const key = keys.split(' ').find((one) => one.startsWith(`${parts[2]}=`));
  if (!key) return false;
  const signed = `/hls/${stream}/\n${parts[1]}\n${parts[4] || ''}`;
  const mac = crypto
    .createHmac('sha256', key.slice(parts[2].length + 1))
    .update(signed)
    .digest('hex');
  // Digests of both, so that the time tells nothing about how much of a guess was right.
  return digest(mac) === digest(parts[3]);
}

function digest(text) {
  return crypto.createHash('sha256').update(text).digest('hex');
}

/** Players reckon with Age where the live edge is, and nginx tells none by itself. */
function age(r) {
  const sentMs = Date.parse(r.variables.upstream_http_date);
  if (r.variables.upstream_cache_status !== 'HIT' || Number.isNaN(sentMs)) return '';
  return String(Math.max(0, Math.floor((Date.now() - sentMs) / 1000)));
}

export default { verdict, age };
