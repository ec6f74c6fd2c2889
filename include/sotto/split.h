// Options of the split mode: untrusted accelerator servers multiply blinded rows, and every answer
// is verified.
//
// What goes wrong is in the status of a call. gRPC, which carries the rows, also prints lines of
// its own on stderr when a connection fails. It has one logger for the whole process, so the
// library leaves it as it is: GRPC_VERBOSITY=NONE in the environment, or gpr_set_log_function(),
// silences it.
#ifndef SOTTO_SPLIT_H_
#define SOTTO_SPLIT_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sotto {

enum class Protection {
  kPlain,   // NOT CONFIDENTIAL: for measurements, in programs that link it; others refuse it.
  kShares,  // Two or more servers that do not collude; each sees uniformly random numbers.
  kPads,    // One server; it sees rows under one-time pads, that is uniformly random numbers.
};

// Whether the first of two `shares` servers sends its products to the second (docs/blinding.md).
enum class RelayUse { kWherePossible, kRequired, kNever };

// How rows travel. kShm: shared memory, for a server on the same host. kTcp: a connection of their
// own, to the port that gRPC's goes to. kGrpc: on the gRPC stream. kAuto: the first of them that
// can be had. Where TLS is used, all are as secret as it.
enum class DataPlane { kAuto, kShm, kTcp, kGrpc };

// What an exchange does when there is no pad left for its layer.
enum class WhenOut {
  kWait,   // waits for one to be made
  kLocal,  // multiplies in the trusted process and sends nothing
  kFail,   // returns RESOURCE_EXHAUSTED
};

struct PadSettings {
  size_t memory_bytes = size_t{1} << 30;
  std::string directory = {};  // Where pads beyond that go, encrypted; empty: nowhere.
  size_t directory_bytes = size_t{16} << 30;
  WhenOut when_out = WhenOut::kWait;
};

// PEM text, not paths.
struct ClientCertificate {
  std::string chain = {};
  std::string private_key = {};
};

struct SplitOptions {
  // HOST:PORT or unix:PATH: two or more for `shares`, otherwise one.
  std::vector<std::string> endpoints = {"localhost:50051"};
  // Nullopt: shares with several endpoints, pads with one.
  std::optional<Protection> protection = {};
  // Whom TLS trusts: the SHA-256 (64 hex digits) of each server's public key, or the PEM text of
  // the authorities that may vouch for it. One per endpoint, in the same order. Neither: no TLS,
  // which `shares` refuses.
  std::vector<std::string> pinned_keys = {};
  std::vector<std::string> roots = {};
  std::optional<ClientCertificate> certificate = {};  // For servers that require one.
  // Allows `shares` over channels that the machine's owner can read. NOT CONFIDENTIAL: for tests.
  bool insecure_channels = false;
  RelayUse relay = RelayUse::kWherePossible;
  // Where the first server reaches the second; empty: at the second endpoint above.
  std::string relay_peer = {};
  DataPlane data_plane = DataPlane::kAuto;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds exchange_timeout{60'000};
  // Reconnections over the lifetime of a Prefill, when a server is unavailable or does not answer;
  // waits grow up to exchange_timeout. A caught lie is never retried.
  int retries = 0;
  PadSettings pads = {};
  // Protection plain only: verify answers too; what the server computes beyond linear layers.
  bool plain_verified = false;
  bool plain_embedding = false, plain_attention = false;
};

}  // namespace sotto

#endif  // SOTTO_SPLIT_H_
