import type { Finding } from './api-types.ts';
import { formatBitrate, formatDuration, formatLatency, formatRatio } from './format.ts';

/** What people call a severity. */
export function severityWord(severity: Finding['severity']): string {
  switch (severity) {
    case 'problem':
      return 'Problem';
    case 'warning':
      return 'Warning';
    case 'note':
      return 'Good to know';
  }
}

/** How long it has been so, e.g. `for 2 min 5 s`; '' when that is not known. */
export function sinceText(since: string, nowMs: number): string {
  const sinceMs = Date.parse(since);
  return Number.isNaN(sinceMs) ? '' : `for ${formatDuration(nowMs - sinceMs)}`;
}

/** The figures behind a finding, e.g. `keyframe interval 8.33 s`; units are in their names. */
export function evidenceTexts(evidence: Finding['evidence']): readonly string[] {
  return Object.entries(evidence).map(([name, value]) => {
    const [, stem = name, unit = ''] = /^(.*?)(Ms|Bps|Hz|Ratio|Percent|Bytes|Px)?$/.exec(name) ?? [];
    const words = stem.replaceAll(/[A-Z]+/g, (capitals) => ` ${capitals.toLowerCase()}`);
    return `${words} ${typeof value === 'number' ? withUnit(value, unit) : value}`;
  });
}

function withUnit(value: number, unit: string): string {
  switch (unit) {
    case 'Ms':
      return formatLatency(value);
    case 'Bps':
      return formatBitrate(value);
    case 'Ratio':
      return formatRatio(value);
    case 'Percent':
      return `${round(value)} %`;
    case 'Hz':
      return `${round(value)} Hz`;
    case 'Bytes':
      return `${round(value)} bytes`;
    case 'Px':
      return `${round(value)} pixels`;
    default:
      return String(round(value));
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
