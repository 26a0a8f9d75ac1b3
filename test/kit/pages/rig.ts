import type { RigApi, WatchReport } from '../rig-types.ts';
import { HlsWatcher } from './hls-watcher.ts';
import { RtcWatcher } from './rtc-watcher.ts';
import { Sender } from './sender.ts';

let sender: Sender | undefined;
let watcher: RtcWatcher | HlsWatcher | undefined;

function video(): HTMLVideoElement {
  const element = document.querySelector('video');
  if (!element) throw new Error('the rig page has no video element');
  return element;
}

function need<T>(part: T | undefined, what: string): T {
  if (part === undefined) throw new Error(`this page is not ${what}`);
  return part;
}

const api: RigApi = {
  async publish({ whipUrl, gathering, ...options }) {
    sender = await Sender.open(options);
    return sender.publish(whipUrl, gathering);
  },
  async unpublish() {
    const status = await need(sender, 'sending').stop();
    sender = undefined;
    return status;
  },
  makeKeyframe: () => need(sender, 'sending').makeKeyframe(),
  sendReport: () => need(sender, 'sending').report(),
  async watchWhep({ whepUrl, gathering }) {
    const rtc = new RtcWatcher(video());
    watcher = rtc;
    return rtc.view(whepUrl, gathering);
  },
  async watchHls({ hlsUrl }) {
    watcher = await HlsWatcher.open(video(), hlsUrl);
  },
  chooseHls(quality) {
    if (!(watcher instanceof HlsWatcher)) throw new Error('this page does not watch LL-HLS');
    return watcher.choose(quality);
  },
  async offerDirect(options) {
    sender = await Sender.open(options);
    return sender.offer();
  },
  answerDirect(offer) {
    const rtc = new RtcWatcher(video());
    watcher = rtc;
    return rtc.answer(offer);
  },
  acceptDirect: (answer) => need(sender, 'sending').accept(answer),
  restartIce() {
    if (!(watcher instanceof RtcWatcher)) throw new Error('this page does not watch over WebRTC');
    return watcher.restart();
  },
  resetWatch() {
    need(watcher, 'watching').reset();
    return Promise.resolve();
  },
  async watchReport(): Promise<WatchReport> {
    return need(watcher, 'watching').report(video());
  },
  async stopWatch() {
    await need(watcher, 'watching').stop();
    watcher = undefined;
  },
};

Object.assign(globalThis, { rig: api });
