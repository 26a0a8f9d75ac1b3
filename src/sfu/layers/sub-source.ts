import { Source, type ReportedInstant } from '../source.ts';

/** The packets of some layers of an incoming stream, numbered for themselves. Whatever concerns time, the stream knows. */
export class SubSource extends Source {
  constructor(stream: Source, spatial: number, temporal: number) {
    super({ layer: stream.layer, clockRateHz: stream.clockRateHz, clock: stream.clock, stream });
    this.spatial = spatial;
    this.temporal = temporal;
  }

  override get reported(): boolean {
    return this.stream.reported;
  }

  override notePacket(timestamp: number, arrivedMs: number): void {
    this.stream.notePacket(timestamp, arrivedMs);
  }

  override noteReport(report: ReportedInstant): void {
    this.stream.noteReport(report);
  }

  override reportedNtpMs(timestamp: number): number | undefined {
    return this.stream.reportedNtpMs(timestamp);
  }

  override timestampAt(nowMs: number, wallMs: number): number | undefined {
    return this.stream.timestampAt(nowMs, wallMs);
  }
}
