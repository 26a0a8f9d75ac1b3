"""WHIP (RFC 9725) and WHEP by plain HTTP, and how the clients here talk to the test that started them."""

import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT_S = 8


class Session:
    """One session: POST of the offer, PATCH of candidates, DELETE at the end."""

    def __init__(self, endpoint, offer):
        status, headers, self.answer = _request(endpoint, "POST", "application/sdp", offer)
        if status != 201:
            raise RuntimeError(f"POST gave {status}: {self.answer}")
        self.url = urllib.parse.urljoin(endpoint, headers["Location"])
        self.etag = headers["ETag"]

    def trickle(self, fragment):
        """Sends candidates; gives the status."""
        status, _, _ = _request(
            self.url, "PATCH", "application/trickle-ice-sdpfrag", fragment, {"If-Match": self.etag}
        )
        return status

    def end(self):
        """Gives the status of DELETE."""
        return _request(self.url, "DELETE")[0]


def _request(url, method, content_type=None, body=None, more=None):
    headers = dict(more or {})
    if content_type is not None:
        headers["Content-Type"] = content_type
    data = None if body is None else body.encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()


_report_lock = threading.Lock()


def tell(**facts):
    """One line of JSON for the test; threads may call it."""
    with _report_lock:
        print(json.dumps(facts), flush=True)


def wait_for_stop():
    """Returns when the test closes our standard input."""
    sys.stdin.read()


class Sound:
    """Judges 16-bit mono or stereo sound: how much came, how loud, at which pitch."""

    def __init__(self):
        self.buffers = 0
        self.level = 0.0
        self.pitch_hz = 0.0

    def hear(self, samples, channels, rate_hz):
        """Takes a buffer of interleaved samples; a pure tone crosses zero twice a period."""
        left = samples[::channels]
        self.buffers += 1
        if len(left) < 2:
            return
        self.level = (sum(value * value for value in left) / len(left)) ** 0.5 / 32768
        crossings = sum(1 for a, b in zip(left, left[1:]) if (a < 0) != (b < 0))
        hz = crossings * rate_hz / (2 * (len(left) - 1))
        self.pitch_hz = hz if self.buffers < 10 else self.pitch_hz * 0.9 + hz * 0.1
