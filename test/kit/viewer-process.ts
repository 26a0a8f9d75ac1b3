import { CountingViewer } from './counting-viewer.ts';

/** A WHEP viewer in a process of its own, to be killed: says `watching` once media flows. */
const [, , whepUrl = ''] = process.argv;
const viewer = await CountingViewer.open(whepUrl);
const timer = setInterval(() => {
  if (viewer.video.packets === 0) return;
  clearInterval(timer);
  process.stdout.write('watching\n');
}, 20);
// Until it is killed: a viewer has no reason of its own to leave.
setInterval(() => viewer.connection, 60_000);
