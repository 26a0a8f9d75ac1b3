import type { RenditionReport, StreamView } from '../shared/api-types.ts';
import type { Finding } from './finding.ts';

type Bridge = StreamView['bridge'];

const encoderNames: Readonly<Record<string, string>> = {
  software: 'x264',
  nvenc: 'NVENC',
  qsv: 'Quick Sync',
  vaapi: 'VAAPI',
  videotoolbox: 'VideoToolbox',
  v4l2m2m: 'V4L2',
};

/** Who encodes video, for people; a name that is not known yet stays as it is. */
export function encoderName(name: string): string {
  return encoderNames[name] ?? name;
}

/** Where the media of a rendition comes from: what is copied costs nothing. */
export function madeFrom({ rendition, kind, codecs }: RenditionReport, bridge: Bridge): string {
  if (kind === 'audio') return codecs.toLowerCase() === 'opus' ? 'copied' : 'encoded';
  const layer = bridge?.ladder?.layers?.find((one) => one.rendition === rendition);
  if (layer) return `copied, layer ${layer.rid}`;
  const isEncoded = bridge?.ladder?.rungs.some((rung) => rung.rendition === rendition) ?? false;
  return isEncoded || bridge?.video === 'transcode' ? 'encoded' : 'copied';
}

/** What becomes of a simulcast publisher's layer on LL-HLS; '' for its largest, and without simulcast. */
export function layerOnHls(rid: string, bridge: Bridge): string {
  const layer = bridge?.ladder?.layers?.find((one) => one.rid === rid);
  if (!layer) return '';
  if (layer.rendition !== undefined) return `LL-HLS: ${layer.rendition}, copied`;
  return `Not on LL-HLS: ${layer.problem ?? 'it is not copied now'}`;
}

/** What LL-HLS viewers do without though it was wished for, and why. */
export function qualityFindings(bridge: NonNullable<Bridge>): readonly Finding[] {
  const { ladder, encoder, slate } = bridge;
  const findings: Finding[] = [];
  if (ladder !== undefined && ladder.withheld.length > 0) {
    const why = ladder.reason === undefined ? '' : `${ladder.reason}. `;
    const remedy = `${why}They come back when there is room: give FFmpeg more cores, or this stream a shorter ladder.`;
    findings.push({ level: 'warn', what: `LL-HLS goes without ${ladder.withheld.join(', ')}.`, remedy });
  }
  if (encoder?.problem !== undefined) {
    const what = `Video is encoded by ${encoderName(encoder.name)}, not by the hardware.`;
    findings.push({ level: 'warn', what, remedy: encoder.problem });
  }
  if (slate?.problem !== undefined) {
    const what = 'The slate cannot be shown: viewers keep the last picture while the publisher is away.';
    findings.push({ level: 'warn', what, remedy: slate.problem });
  }
  return findings;
}
