import { describe, expect, test } from 'vitest';
import { ntpHigh, ntpLow, ntpMiddle, ntpToMs } from '#src/rtp/ntp.ts';
import type { SenderReport } from '#src/rtp/rtcp/types.ts';
import { DownTrack } from '#src/sfu/forwarder.ts';
import { SenderReports } from '#src/sfu/sender-reports.ts';
import type { Source } from '#src/sfu/source.ts';
import { PublisherClock } from '#src/sfu/source.ts';
import { audioSource, packetOf, videoSource } from './publishing.ts';

/** The publisher's clock is 5 s ahead of ours. */
const aheadMs = 5000;
const wallMs = 1_700_000_000_000;

function report(source: Source, captureMs: number, rtpTimestamp: number): void {
  source.noteReport({
    ntpHigh: ntpHigh(captureMs + aheadMs),
    ntpLow: ntpLow(captureMs + aheadMs),
    rtpTimestamp,
    arrivedWallMs: captureMs + 20,
  });
}

function running(source: Source, timestamp: number): DownTrack {
  const track = new DownTrack(source.clockRateHz === 90_000 ? 'video' : 'audio', 7);
  track.select(source);
  track.forward(packetOf(source, { timestamp, keyframe: true }));
  return track;
}

/** Publisher's wall clock at which a viewer's RTP timestamp was captured, as the viewer computes it from a report. */
function captureOf(sent: Readonly<SenderReport>, timestamp: number, rateHz: number): number {
  return ntpToMs(sent.ntpHigh, sent.ntpLow) + (((timestamp - sent.rtpTimestamp) | 0) * 1000) / rateHz;
}

describe('next', () => {
  test('nothing to say before a packet was forwarded', () => {
    expect(new SenderReports(1).next(new DownTrack('video', 0), 0, wallMs)).toBeUndefined();
  });

  test('keeps the relation of the publisher between wall clock and media, for audio and video alike', () => {
    const clock = new PublisherClock();
    const [video, audio] = [videoSource(0, clock), audioSource(clock)];
    report(video, wallMs, 90_000);
    report(audio, wallMs + 300, 48_000);
    const [pictures, sound] = [running(video, 90_000), running(audio, 48_000)];
    const ofVideo = new SenderReports(1).next(pictures, 900, wallMs + 900)!;
    const ofAudio = new SenderReports(2).next(sound, 900, wallMs + 900)!;
    expect(captureOf(ofVideo, 90_000, 90_000)).toBeCloseTo(wallMs + aheadMs, 0);
    expect(captureOf(ofAudio, 48_000, 48_000)).toBeCloseTo(wallMs + aheadMs + 300, 0);
    expect(ofVideo).toMatchObject({ ssrc: 1, packets: 1, octets: 1000 });
  });

  test('the relation survives a layer switch', () => {
    const clock = new PublisherClock();
    const [small, large] = [videoSource(0, clock), videoSource(1, clock)];
    report(small, wallMs, 0);
    report(large, wallMs, 7_000_000);
    const track = running(small, 0);
    track.select(large);
    track.forward(packetOf(large, { timestamp: 7_000_000 + 9000, keyframe: true, arrivedMs: 120 }));
    const sent = new SenderReports(1).next(track, 1000, wallMs + 1000)!;
    expect(captureOf(sent, track.timestamp, 90_000)).toBeCloseTo(wallMs + aheadMs + 100, 0);
  });

  test('until reports come, both tracks stand on arrival times of the same clock', () => {
    const clock = new PublisherClock();
    const [video, audio] = [videoSource(0, clock), audioSource(clock)];
    video.notePacket(123_456, 5000);
    audio.notePacket(777, 5010);
    const ofVideo = new SenderReports(1).next(running(video, 123_456), 5500, wallMs + 500)!;
    const ofAudio = new SenderReports(2).next(running(audio, 777), 5500, wallMs + 500)!;
    expect(captureOf(ofVideo, 123_456, 90_000)).toBeCloseTo(wallMs, 0);
    expect(captureOf(ofAudio, 777, 48_000)).toBeCloseTo(wallMs + 10, 0);
  });

  test('when only one track was reported, the other stands on the same publisher clock', () => {
    const clock = new PublisherClock();
    const [video, audio] = [videoSource(0, clock), audioSource(clock)];
    report(video, wallMs, 0);
    audio.notePacket(777, 20);
    const sent = new SenderReports(2).next(running(audio, 777), 1020, wallMs + 1020)!;
    expect(captureOf(sent, 777, 48_000)).toBeCloseTo(wallMs + aheadMs, 0);
  });
});

describe('rttMs', () => {
  test('comes from our own sending time, whatever clock the report carried', () => {
    const reports = new SenderReports(1);
    const video = videoSource();
    report(video, wallMs, 0);
    const track = running(video, 0);
    const first = reports.next(track, 100, wallMs + 100)!;
    const answered = ntpMiddle(first.ntpHigh, first.ntpLow);
    reports.next(track, 1100, wallMs + 1100);
    expect(reports.rttMs(answered, 65_536 / 2, 680)).toBeCloseTo(80, 3);
  });

  test('an answer to nothing that we sent tells nothing', () => {
    const reports = new SenderReports(1);
    expect(reports.rttMs(0, 0, 5)).toBeUndefined();
    expect(reports.rttMs(12_345, 0, 5)).toBeUndefined();
  });
});
