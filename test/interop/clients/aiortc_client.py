"""aiortc as a WHIP publisher (VP8) or a WHEP viewer that decodes.

aiortc_client.py publish URL | aiortc_client.py watch URL
"""

import asyncio
import fractions
import math
import sys
import time
import zlib

import av
import numpy
from aiortc import RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError

from signalling import Session, Sound, tell, wait_for_stop

WIDTH, HEIGHT = 640, 360
RATE_HZ = 48000
TONE_HZ = 520
PACKET_SAMPLES = 960


class MovingPicture(VideoStreamTrack):
    """A bright bar that wanders over a dark picture."""

    def __init__(self):
        super().__init__()
        self.drawn = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        picture = numpy.full((HEIGHT, WIDTH, 3), 40, numpy.uint8)
        left = (self.drawn * 7) % (WIDTH - 40)
        picture[:, left : left + 40] = (220, 180, 60)
        self.drawn += 1
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A sine of TONE_HZ in packets of 20 ms, at the pace of a clock."""

    def __init__(self):
        super().__init__()
        self.made = 0
        self.started = time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0, self.started + self.made / RATE_HZ - time.monotonic()))
        instants = (numpy.arange(PACKET_SAMPLES) + self.made) / RATE_HZ
        wave = (numpy.sin(2 * math.pi * TONE_HZ * instants) * 8000).astype(numpy.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.pts, frame.sample_rate = self.made, RATE_HZ
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self.made += PACKET_SAMPLES
        return frame


class Seen:
    """What the viewer decoded."""

    def __init__(self):
        self.frames = 0
        self.pictures = set()
        self.size = [0, 0]
        self.sound = Sound()

    async def follow(self, track):
        """Takes every frame of a track until it ends."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "video":
                self.frames += 1
                self.size = [frame.width, frame.height]
                if len(self.pictures) < 1000:
                    self.pictures.add(zlib.crc32(bytes(frame.planes[0])))
            else:
                samples = frame.to_ndarray().reshape(-1).tolist()
                self.sound.hear(samples, len(frame.layout.channels), frame.sample_rate)


async def main():
    role, url = sys.argv[1:3]
    loop = asyncio.get_running_loop()
    peer = RTCPeerConnection()
    seen = Seen()
    if role == "publish":
        peer.addTrack(Tone())
        peer.addTrack(MovingPicture())
        for transceiver in peer.getTransceivers():
            transceiver.direction = "sendonly"
    else:
        peer.addTransceiver("audio", direction="recvonly")
        peer.addTransceiver("video", direction="recvonly")
        following = set()
        peer.on("track", lambda track: following.add(asyncio.ensure_future(seen.follow(track))))
    # Gathers by itself: the offer holds every candidate, and nothing is trickled.
    await peer.setLocalDescription(await peer.createOffer())
    session = await loop.run_in_executor(None, Session, url, peer.localDescription.sdp)
    await peer.setRemoteDescription(RTCSessionDescription(session.answer, "answer"))

    def report(**more):
        tell(
            connection=peer.connectionState,
            frames=seen.frames,
            pictures=len(seen.pictures),
            size=seen.size,
            sounds=seen.sound.buffers,
            level=seen.sound.level,
            pitchHz=seen.sound.pitch_hz,
            patches=[],
            **more,
        )

    stop = loop.run_in_executor(None, wait_for_stop)
    while not stop.done():
        await asyncio.wait([stop], timeout=0.25)
        report()
    status = await loop.run_in_executor(None, session.end)
    report(deleted=status)
    await peer.close()


asyncio.run(main())
