"""GStreamer's webrtcbin as a WHIP publisher or a WHEP viewer that decodes.

gst_client.py publish URL h264|vp8 | gst_client.py watch URL h264|vp8
"""

import array
import sys
import threading
import zlib

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from signalling import Session, Sound, tell, wait_for_stop  # noqa: E402

ENCODERS = {
    "h264": "openh264enc bitrate=800000 gop-size=60 complexity=low ! h264parse"
    " ! rtph264pay config-interval=-1 aggregate-mode=zero-latency"
    " ! application/x-rtp,media=video,encoding-name=H264,payload=96",
    "vp8": "vp8enc deadline=1 target-bitrate=800000 keyframe-max-dist=60 cpu-used=8"
    " ! rtpvp8pay ! application/x-rtp,media=video,encoding-name=VP8,payload=96",
}
DECODERS = {
    "H264": "rtph264depay ! h264parse ! openh264dec",
    "VP8": "rtpvp8depay ! vp8dec",
    "OPUS": "rtpopusdepay ! opusdec ! audioconvert ! audio/x-raw,format=S16LE",
}
VIDEO_CAPS = {
    "h264": "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f,rtcp-fb-nack-pli=true",
    "vp8": "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000,rtcp-fb-nack-pli=true",
}
AUDIO_CAPS = (
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000,encoding-params=(string)2"
)


def publishing(codec):
    return (
        "webrtcbin name=rtc bundle-policy=max-bundle "
        "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 "
        f"! videoconvert ! queue ! {ENCODERS[codec]} ! rtc. "
        "audiotestsrc is-live=true freq=620 ! audioconvert ! audioresample ! queue ! opusenc ! rtpopuspay "
        "! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! rtc."
    )


def watching():
    pipeline = Gst.Pipeline.new()
    rtc = Gst.ElementFactory.make("webrtcbin", "rtc")
    rtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
    pipeline.add(rtc)
    return pipeline


class Client:
    """The pipeline, its negotiation, and what it decoded."""

    def __init__(self, role, url, codec):
        self.url = url
        self.codec = codec
        self.session = None
        self.candidates = []
        self.gathered = False
        self.patches = []
        self.frames = 0
        self.pictures = set()
        self.size = [0, 0]
        self.sound = Sound()
        self.pipeline = Gst.parse_launch(publishing(codec)) if role == "publish" else watching()
        self.rtc = self.pipeline.get_by_name("rtc")
        self.rtc.connect("on-ice-candidate", self.on_candidate)
        self.rtc.connect("notify::ice-gathering-state", self.on_gathering)
        if role == "watch":
            self.rtc.connect("pad-added", self.on_pad)
        self.pipeline.set_state(Gst.State.READY if role == "publish" else Gst.State.PLAYING)
        if role == "watch":
            receive = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            self.rtc.emit("add-transceiver", receive, Gst.Caps.from_string(AUDIO_CAPS))
            self.rtc.emit("add-transceiver", receive, Gst.Caps.from_string(VIDEO_CAPS[codec]))
        else:
            for index in range(2):
                self.rtc.emit("get-transceiver", index).set_property(
                    "direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
                )
            self.pipeline.set_state(Gst.State.PLAYING)

    def negotiate(self):
        """Offer without candidates, POST, then both descriptions."""
        promise = Gst.Promise.new()
        self.rtc.emit("create-offer", None, promise)
        promise.wait()
        # These bindings free what nobody holds on to, and lose the memory of the promise's offer later all the same: so
        # every step is held, the offer read as text and built anew.
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        text = offer.sdp.as_text()
        self.session = Session(self.url, text)
        self.describe("set-local-description", GstWebRTC.WebRTCSDPType.OFFER, text)
        self.describe("set-remote-description", GstWebRTC.WebRTCSDPType.ANSWER, self.session.answer)
        self.media = [line[2:].split(" ")[0] for line in text.splitlines() if line.startswith("m=")]
        self.mids = [line[6:] for line in text.splitlines() if line.startswith("a=mid:")]
        self.credentials = [line for line in text.splitlines() if line.startswith("a=ice-")][:2]

    def describe(self, signal, kind, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        promise = Gst.Promise.new()
        self.rtc.emit(signal, GstWebRTC.WebRTCSessionDescription.new(kind, sdp), promise)
        promise.wait()

    def on_candidate(self, _rtc, _line, candidate):
        self.candidates.append(candidate)

    def on_gathering(self, rtc, _property):
        self.gathered = rtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE

    def trickle(self):
        """What was found since the last time, all of it for the first media section: everything is bundled there."""
        found, self.candidates = self.candidates, []
        done, self.gathered = self.gathered, False
        if not found and not done:
            return
        lines = self.credentials + [f"m={self.media[0]} 9 UDP/TLS/RTP/SAVPF 0", f"a=mid:{self.mids[0]}"]
        lines += [f"a={candidate}" for candidate in found] + (["a=end-of-candidates"] if done else [])
        self.patches.append(self.session.trickle("\r\n".join(lines) + "\r\n"))

    def on_pad(self, _rtc, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        name = pad.get_current_caps().get_structure(0).get_string("encoding-name")
        part = Gst.parse_bin_from_description(
            f"queue ! {DECODERS[name]} ! fakesink name=sink sync=false signal-handoffs=true", True
        )
        part.get_by_name("sink").connect("handoff", self.on_sound if name == "OPUS" else self.on_picture)
        self.pipeline.add(part)
        part.sync_state_with_parent()
        pad.link(part.get_static_pad("sink"))

    def on_picture(self, _sink, buffer, pad):
        shape = pad.get_current_caps().get_structure(0)
        self.size = [shape.get_value("width"), shape.get_value("height")]
        self.frames += 1
        if len(self.pictures) < 1000:
            self.pictures.add(zlib.crc32(buffer.extract_dup(0, buffer.get_size())))

    def on_sound(self, _sink, buffer, pad):
        shape = pad.get_current_caps().get_structure(0)
        samples = array.array("h", buffer.extract_dup(0, buffer.get_size()))
        self.sound.hear(samples, shape.get_value("channels"), shape.get_value("rate"))

    def report(self):
        state = self.rtc.get_property("ice-connection-state").value_nick
        return {
            "connection": state,
            "patches": self.patches,
            "frames": self.frames,
            "pictures": len(self.pictures),
            "size": self.size,
            "sounds": self.sound.buffers,
            "level": self.sound.level,
            "pitchHz": self.sound.pitch_hz,
        }


def main():
    Gst.init(None)
    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    client = Client(*sys.argv[1:4])
    bus = client.pipeline.get_bus()
    client.negotiate()
    stop = threading.Event()
    threading.Thread(target=lambda: (wait_for_stop(), stop.set()), daemon=True).start()
    while not stop.wait(0.25):
        client.trickle()
        error = bus.pop_filtered(Gst.MessageType.ERROR)
        if error is not None:
            raise RuntimeError(str(error.parse_error()))
        tell(**client.report())
    status = client.session.end()
    client.pipeline.set_state(Gst.State.NULL)
    tell(**client.report(), deleted=status)


main()
