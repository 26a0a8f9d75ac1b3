/** Milliseconds from 1900 (NTP's era 0) to 1970. */
const epochOffsetMs = 2_208_988_800_000;

/** Upper 32 bits of the NTP timestamp (RFC 5905 section 6) of a wall clock reading: seconds since 1900. */
export function ntpHigh(wallMs: number): number {
  return Math.floor((wallMs + epochOffsetMs) / 1000) >>> 0;
}

/** Lower 32 bits of the NTP timestamp of a wall clock reading: fraction of a second. */
export function ntpLow(wallMs: number): number {
  const sinceMs = wallMs + epochOffsetMs;
  const fractionMs = sinceMs - Math.floor(sinceMs / 1000) * 1000;
  return Math.min(0xffff_ffff, Math.floor((fractionMs / 1000) * 0x1_0000_0000)) >>> 0;
}

/** Milliseconds since 1970 of an NTP timestamp; half of a 32-bit era on both sides of 2036 is understood (RFC 4330 section 3). */
export function ntpToMs(high: number, low: number): number {
  const seconds = high >>> 31 === 0 ? high + 0x1_0000_0000 : high;
  return seconds * 1000 + (low / 0x1_0000_0000) * 1000 - epochOffsetMs;
}

/** The middle 32 bits of an NTP timestamp, as LSR and LRR carry it (RFC 3550 section 6.4.1): units of 1/65536 s. */
export function ntpMiddle(high: number, low: number): number {
  return (((high & 0xffff) << 16) | (low >>> 16)) >>> 0;
}

/** Milliseconds of a span in units of 1/65536 s (DLSR, differences of middle 32 bits). */
export function ntpShortToMs(units: number): number {
  return (units * 1000) / 65_536;
}

/** A span in units of 1/65536 s, capped to what 32 bits hold. */
export function msToNtpShort(spanMs: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.round((spanMs * 65_536) / 1000)));
}
