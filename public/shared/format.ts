/** Bits per second in words, e.g. `2.4 Mbit/s`. */
export function formatBitrate(bps: number): string {
  if (!Number.isFinite(bps) || bps <= 0) return '0 kbit/s';
  if (bps < 999_500) return `${Math.max(1, Math.round(bps / 1000))} kbit/s`;
  if (bps < 999_500_000) return `${oneDecimal(bps / 1e6)} Mbit/s`;
  return `${oneDecimal(bps / 1e9)} Gbit/s`;
}

/** Bytes in words, e.g. `12 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : oneDecimal(value)} ${units[unit] ?? 'B'}`;
}

/** A short span such as a latency, e.g. `84 ms` or `1.24 s`. */
export function formatLatency(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 9_995 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;
}

/** A long span such as an uptime, e.g. `3 min 20 s`, `47 min` or `2 d 4 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes} min ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A share from 0 to 1 as a percentage that never rounds a small loss to nothing, e.g. `0.3 %`. */
export function formatRatio(ratio: number): string {
  const percent = Math.max(0, ratio) * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return percent >= 10 || percent === 0 ? `${Math.round(percent)} %` : `${percent.toFixed(1)} %`;
}

/** A whole number with thin spaces between thousands, e.g. `12 345`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `1 viewer`, `2 viewers`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const codecNames: Readonly<Record<string, string>> = {
  h264: 'H.264',
  h265: 'H.265',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  opus: 'Opus',
  avc1: 'H.264',
  avc3: 'H.264',
  hvc1: 'H.265',
  hev1: 'H.265',
  vp09: 'VP9',
  av01: 'AV1',
  mp4a: 'AAC',
};

/** The name people use for a codec, e.g. `H.264` for `h264`, `video/H264` or `avc1.64001f`. */
export function formatCodec(codec: string): string {
  const name = codec.split('/').at(-1) ?? codec;
  return codecNames[name.toLowerCase().split('.')[0] ?? ''] ?? name;
}

function oneDecimal(value: number): string {
  return value >= 99.95 ? String(Math.round(value)) : value.toFixed(1);
}
