// The load clients as Node sees them: one farm of viewers, one publisher, one bare send at a time.
#include <arpa/inet.h>
#include <node_api.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "bare.h"
#include "farm.h"
#include "publisher.h"

namespace load {
namespace {

struct World {
  DtlsIdentity identity;
  Farm farm{identity};
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<BareSend> bare;
};

std::unique_ptr<World> world;

// Reads an options object; a field that is missing or of another type is a bug of the caller and throws.
class Fields {
 public:
  Fields(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = 1;
    napi_get_cb_info(env, info, &count, &object_, nullptr, nullptr);
    napi_valuetype type = napi_undefined;
    if (count < 1 || napi_typeof(env, object_, &type) != napi_ok || type != napi_object)
      throw std::runtime_error("an options object is expected");
  }

  double number(const char* name) const {
    double value = 0;
    if (napi_get_value_double(env_, get(name), &value) != napi_ok)
      throw std::runtime_error(std::string(name) + " must be a number");
    return value;
  }
  uint32_t word(const char* name) const { return static_cast<uint32_t>(number(name)); }
  uint8_t byte(const char* name) const { return static_cast<uint8_t>(number(name)); }

  std::string text(const char* name) const {
    char value[512];
    size_t length = 0;
    if (napi_get_value_string_utf8(env_, get(name), value, sizeof value, &length) != napi_ok)
      throw std::runtime_error(std::string(name) + " must be a text");
    return {value, length};
  }

  // Bytes of a typed array, copied.
  template <typename Item>
  std::vector<Item> items(const char* name) const {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(env_, get(name), &type, &length, &data, nullptr, nullptr) != napi_ok)
      throw std::runtime_error(std::string(name) + " must be a typed array");
    const bool fits = sizeof(Item) == 4 ? type == napi_uint32_array : type == napi_uint8_array;
    if (!fits) throw std::runtime_error(std::string(name) + " has items of another size");
    const Item* first = static_cast<const Item*>(data);
    return {first, first + length};
  }

 private:
  napi_value get(const char* name) const {
    napi_value value = nullptr;
    napi_get_named_property(env_, object_, name, &value);
    return value;
  }

  napi_env env_;
  napi_value object_ = nullptr;
};

napi_value toNumber(napi_env env, double value) {
  napi_value number;
  napi_create_double(env, value, &number);
  return number;
}

void put(napi_env env, napi_value object, const char* name, double value) {
  napi_set_named_property(env, object, name, toNumber(env, value));
}

// The counts of a histogram as an array of their own.
void putDelays(napi_env env, napi_value object, const std::vector<double>& counts) {
  void* data = nullptr;
  napi_value buffer, array;
  napi_create_arraybuffer(env, counts.size() * sizeof(double), &data, &buffer);
  std::memcpy(data, counts.data(), counts.size() * sizeof(double));
  napi_create_typedarray(env, napi_float64_array, counts.size(), buffer, 0, &array);
  napi_set_named_property(env, object, "delays", array);
}

napi_value newObject(napi_env env) {
  napi_value object;
  napi_create_object(env, &object);
  return object;
}

RemoteEnd readRemote(const Fields& fields) {
  RemoteEnd remote{{fields.text("localUfrag"), fields.text("remoteUfrag"), fields.text("remotePassword")},
                   fields.text("fingerprint"),
                   {}};
  remote.address.sin_family = AF_INET;
  remote.address.sin_port = htons(static_cast<uint16_t>(fields.number("port")));
  if (inet_pton(AF_INET, fields.text("ip").c_str(), &remote.address.sin_addr) != 1)
    throw std::runtime_error("ip must be an IPv4 address");
  return remote;
}

World& opened() {
  if (!world) throw std::runtime_error("open() comes first");
  return *world;
}

napi_value open(napi_env env, napi_callback_info) {
  world = std::make_unique<World>();
  napi_value text;
  const std::string& fingerprint = world->identity.fingerprint();
  napi_create_string_utf8(env, fingerprint.data(), fingerprint.size(), &text);
  return text;
}

napi_value close(napi_env, napi_callback_info) {
  world.reset();
  return nullptr;
}

napi_value addViewer(napi_env env, napi_callback_info info) {
  const Fields fields(env, info);
  ViewerOptions options;
  options.videoSsrc = fields.word("videoSsrc");
  options.videoRtxSsrc = fields.word("videoRtxSsrc");
  options.audioSsrc = fields.word("audioSsrc");
  options.transportExtension = fields.byte("transportExtension");
  options.pretendLossPpm = fields.word("pretendLossPpm");
  const int group = fields.number("group") == 0 ? 0 : 1;
  return toNumber(env, opened().farm.add(readRemote(fields), options, group));
}

napi_value removeViewer(napi_env env, napi_callback_info info) {
  opened().farm.remove(static_cast<int>(Fields(env, info).number("id")));
  return nullptr;
}

napi_value viewer(napi_env env, napi_callback_info info) {
  const ViewerReport report = opened().farm.viewer(static_cast<int>(Fields(env, info).number("id")));
  const napi_value object = newObject(env);
  put(env, object, "state", static_cast<int>(report.state));
  put(env, object, "openedMs", static_cast<double>(report.openedNs) / 1e6);
  put(env, object, "secureMs", static_cast<double>(report.secureNs) / 1e6);
  put(env, object, "firstPacketMs", static_cast<double>(report.firstPacketNs) / 1e6);
  return object;
}

napi_value group(napi_env env, napi_callback_info info) {
  const GroupReport report = opened().farm.group(Fields(env, info).number("group") == 0 ? 0 : 1);
  const napi_value object = newObject(env);
  const Counters& counters = report.counters;
  const struct {
    const char* name;
    double value;
  } fields[] = {
      {"secure", static_cast<double>(report.secure)},
      {"failed", static_cast<double>(report.failed)},
      {"kernelDrops", report.kernelDrops},
      {"packets", counters.packets},
      {"bytes", counters.bytes},
      {"badTags", counters.badTags},
      {"holes", counters.holes},
      {"lost", counters.lost},
      {"duplicates", counters.duplicates},
      {"pretended", counters.pretended},
      {"pretendedLost", counters.pretendedLost},
      {"repaired", counters.repaired},
      {"probes", counters.probes},
      {"probeBytes", counters.probeBytes},
      {"nacks", counters.nacks},
      {"reports", counters.reports},
      {"feedbacks", counters.feedbacks},
      {"senderReports", counters.senderReports},
  };
  for (const auto& field : fields) put(env, object, field.name, field.value);
  putDelays(env, object, report.delays);
  return object;
}

napi_value publish(napi_env env, napi_callback_info info) {
  const Fields fields(env, info);
  constexpr size_t rowWords = 6;
  const auto rows = fields.items<uint32_t>("schedule");
  PublisherOptions options{
      {{fields.word("audioSsrc"), fields.byte("audioPayloadType"), 48'000, '0', 0xfff0, 1, 0, 0},
       {fields.word("videoSsrc"), fields.byte("videoPayloadType"), 90'000, '1', 0xff00, 1, 0, 0}},
      fields.byte("midExtension"),
      fields.byte("sendTimeExtension"),
      fields.byte("transportExtension"),
      fields.word("loopUs"),
      {},
      fields.items<uint8_t>("media")};
  for (size_t at = 0; at + rowWords <= rows.size(); at += rowWords) {
    const Scheduled packet{rows[at], rows[at + 1], rows[at + 2], rows[at + 3] != 0, rows[at + 4], rows[at + 5]};
    if (packet.track > 1 || packet.length > 1'400 || size_t{packet.offset} + packet.length > options.media.size())
      throw std::runtime_error("a scheduled packet lies outside the media");
    options.schedule.push_back(packet);
  }
  if (options.schedule.empty()) throw std::runtime_error("nothing is scheduled");
  World& here = opened();
  here.publisher = std::make_unique<Publisher>(readRemote(fields), here.identity, std::move(options));
  return nullptr;
}

napi_value publisher(napi_env env, napi_callback_info) {
  const auto& one = opened().publisher;
  if (!one) throw std::runtime_error("publish() comes first");
  const napi_value object = newObject(env);
  put(env, object, "state", one->stage);
  put(env, object, "packets", one->packets);
  put(env, object, "bytes", one->bytes);
  put(env, object, "resent", one->resent);
  put(env, object, "keyframeRequests", one->keyframeRequests);
  put(env, object, "latestUs", one->latestUs.exchange(0));
  return object;
}

napi_value pausePublisher(napi_env env, napi_callback_info info) {
  const auto& one = opened().publisher;
  if (one) one->pause(Fields(env, info).number("paused") != 0);
  return nullptr;
}

napi_value stopPublisher(napi_env, napi_callback_info) {
  opened().publisher.reset();
  return nullptr;
}

napi_value startBare(napi_env env, napi_callback_info info) {
  const Fields fields(env, info);
  BareOptions options{static_cast<int>(fields.number("receivers")),
                      static_cast<int64_t>(fields.number("durationMs") * 1e6), fields.word("loopUs"), {}};
  const auto rows = fields.items<uint32_t>("schedule");
  for (size_t at = 0; at + 2 <= rows.size(); at += 2) options.schedule.push_back({rows[at], rows[at + 1]});
  opened().bare = std::make_unique<BareSend>(std::move(options));
  return nullptr;
}

napi_value bare(napi_env env, napi_callback_info) {
  const auto& one = opened().bare;
  const napi_value object = newObject(env);
  const bool done = one && one->done();
  put(env, object, "done", done ? 1 : 0);
  put(env, object, "cpuNs", done ? one->cpuNs() : 0);
  put(env, object, "packets", done ? one->packets() : 0);
  put(env, object, "received", done ? one->received() : 0);
  if (done) putDelays(env, object, one->delays().counts());
  return object;
}

// C++ exceptions end here: JavaScript gets them as its own.
template <napi_value (*function)(napi_env, napi_callback_info)>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    return function(env, info);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
    return nullptr;
  }
}

template <napi_value (*function)(napi_env, napi_callback_info)>
void expose(napi_env env, napi_value exports, const char* name) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<function>, nullptr, &value);
  napi_set_named_property(env, exports, name, value);
}

}  // namespace
}  // namespace load

NAPI_MODULE_INIT() {
  using namespace load;
  expose<load::open>(env, exports, "open");
  expose<load::close>(env, exports, "close");
  expose<addViewer>(env, exports, "addViewer");
  expose<removeViewer>(env, exports, "removeViewer");
  expose<viewer>(env, exports, "viewer");
  expose<group>(env, exports, "group");
  expose<publish>(env, exports, "publish");
  expose<publisher>(env, exports, "publisher");
  expose<pausePublisher>(env, exports, "pausePublisher");
  expose<stopPublisher>(env, exports, "stopPublisher");
  expose<startBare>(env, exports, "startBare");
  expose<bare>(env, exports, "bare");
  return exports;
}
