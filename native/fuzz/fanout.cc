// The fan-out path with whatever JavaScript could hand in: positions outside the packet, unknown peers, packets without
// end, peers that leave while packets for them are held. Real sockets, so that sending is part of it.
#include <cstdio>
#include <cstdlib>

#include "../engine.h"
#include "random.h"

namespace fuzz {
namespace {

using namespace frontrow;

struct Rig {
  std::vector<uint8_t> slab = std::vector<uint8_t>(Receiver::slabBytes);
  std::vector<ReceivedWords> words = std::vector<ReceivedWords>(Receiver::maxDatagrams);
  Counters counters{};
  std::unique_ptr<Engine> engine;

  Rig() {
    SocketOptions options;
    options.address = "127.0.0.1";
    const BoundSocket socket = bindSocket(options);
    if (socket.fd < 0) {
      std::fprintf(stderr, "no socket on 127.0.0.1\n");
      std::abort();
    }
    engine = std::make_unique<Engine>(socket, SharedMemory{&counters, slab.data(), words.data()});
  }
};

// Lengths that matter: none, short, ordinary, and around and beyond the largest datagram.
size_t lengthOf(Random& random) {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return random.below(16);
    case 2:
      return maxDatagramBytes - 40 + random.below(80);
    default:
      return random.oneIn(4) ? random.below(1400) : 700;
  }
}

void fanOut(Engine& engine, Random& random) {
  const Exact payload(random.bytes(lengthOf(random)));
  const Exact extensions(random.bytes(random.oneIn(2) ? 0 : 4 * random.below(12)));
  FanoutPacket packet;
  packet.payload = payload.view();
  packet.extensions = extensions.view();
  packet.marker = random.oneIn(2);
  packet.transportAt = random.oneIn(2) ? 0 : random.oneIn(10) ? random.next() : random.below(50);
  packet.patchAt = random.oneIn(10) ? random.next() : random.below(30);
  packet.patchBytes = random.oneIn(2) ? 0 : random.oneIn(10) ? random.next() : random.below(6);
  const uint32_t count = random.below(40);
  std::vector<uint32_t> rows(size_t{count} * rowWords);
  for (uint32_t& word : rows) word = random.next();
  for (uint32_t i = 0; i < count; i++) {
    if (!random.oneIn(20)) rows[size_t{i} * rowWords] = random.below(40);
    rows[size_t{i} * rowWords + 1] = random.below(8);
  }
  engine.fanout.packet(packet, rows.data(), count);
}

void addPeer(Engine& engine, Random& random) {
  const std::vector<uint8_t> key = random.bytes(16);
  const Profile profile = random.oneIn(2) ? Profile::aeadAes128Gcm : Profile::aesCm128HmacSha1_80;
  // Now and then a salt of the other profile's length, which must be refused.
  const size_t saltBytes = (profile == Profile::aeadAes128Gcm) != random.oneIn(10) ? 12 : 14;
  const Bytes salt{key.data(), saltBytes};
  auto session = SrtpSession::open({profile, {key.data(), 16}, salt, {key.data(), 16}, salt});
  Address address;
  if (session == nullptr || !parseAddress("127.0.0.1", engine.port(), engine.family(), address)) return;
  engine.peers.add(std::move(session), address);
}

void sendToOne(Engine& engine, Random& random) {
  Peer* peer = engine.peers.find(random.below(40));
  const Exact packet(random.bytes(8 + lengthOf(random)));
  if (peer == nullptr) return;
  const size_t header = rtpHeaderBytes(packet.view().data, packet.length());
  if (random.oneIn(2)) {
    engine.fanout.rtcp(*peer, packet.view());
  } else if (header > 0) {
    engine.fanout.rtp(*peer, packet.view(), header);
  }
}

void receive(Engine& engine, Rig& rig, Random& random) {
  const int count = engine.receiver.receive(engine.fd(), engine.peers);
  for (int i = 0; i < count; i++) {
    const ReceivedWords& words = rig.words[static_cast<size_t>(i)];
    Peer* peer = engine.peers.find(words.peer);
    uint8_t* datagram = rig.slab.data() + static_cast<size_t>(i) * Receiver::slotBytes;
    if (peer != nullptr) peer->session->unprotectRtp(datagram, words.bytes);
    if (random.oneIn(50)) formatAddress(*engine.receiver.source(static_cast<size_t>(i)));
  }
}

// A kernel or network card that cannot cut up messages: without checksums, Linux refuses to. Nothing gets lost by that.
void refusedSegments(Random& random) {
  Rig rig;
  Engine& engine = *rig.engine;
  const int on = 1;
  setsockopt(engine.fd(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on);
  while (engine.peers.find(1) == nullptr) addPeer(engine, random);
  const Exact payload(random.bytes(500));
  FanoutPacket packet;
  packet.payload = payload.view();
  constexpr uint32_t packets = 10;
  for (uint32_t i = 0; i < packets; i++) {
    const uint32_t row[rowWords] = {1, 1, i, 0, 0, 0};
    engine.fanout.packet(packet, row, 1);
  }
  engine.fanout.flush();
  if (!engine.outbox.segmentation() && rig.counters.packetsOut == packets && rig.counters.sendErrors == 0) return;
  std::fprintf(stderr, "%.0f packets left, %.0f did not\n", rig.counters.packetsOut, rig.counters.sendErrors);
  std::abort();
}

}  // namespace

size_t fanoutSteps(Random& random, size_t steps) {
  refusedSegments(random);
  Rig rig;
  Engine& engine = *rig.engine;
  for (size_t step = 0; step < steps; step++) {
    switch (random.below(12)) {
      case 0:
        addPeer(engine, random);
        break;
      case 1:
        if (random.oneIn(2)) engine.removePeer(random.below(60));
        break;
      case 2:
        sendToOne(engine, random);
        break;
      case 3: {
        Address address;
        const bool known = parseAddress(random.oneIn(2) ? "127.0.0.1" : "::1", 9, engine.family(), address);
        if (known) engine.peers.setAddress(random.below(60), address);
        break;
      }
      case 4:
        receive(engine, rig, random);
        break;
      case 5:
        if (random.oneIn(3)) engine.fanout.flush();
        break;
      default:
        fanOut(engine, random);
    }
  }
  engine.fanout.flush();
  if (rig.counters.packetsOut * 2 < static_cast<double>(steps)) {
    std::fprintf(stderr, "only %.0f packets left: the run proves nothing\n", rig.counters.packetsOut);
    std::abort();
  }
  engine.close();
  // Closed, it still takes everything and does nothing.
  fanOut(engine, random);
  sendToOne(engine, random);
  engine.fanout.flush();
  return steps;
}

}  // namespace fuzz
