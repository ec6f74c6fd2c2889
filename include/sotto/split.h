// The split mode: untrusted accelerator servers multiply blinded rows, and every answer is
// verified.
#ifndef SOTTO_SPLIT_H_
#define SOTTO_SPLIT_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sotto {

enum class Protection {
  kPlain,   // NOT CONFIDENTIAL: for measurements, in programs that link it in; others refuse it.
  kShares,  // Two servers or more that do not collude; each sees uniformly random numbers.
  kPads,    // One server, which sees one-time pads made beforehand.
};

// Whether two servers of `shares` pass products to each other (docs/blinding.md).
enum class RelayUse { kWherePossible, kRequired, kNever };

// How rows travel. kShm: shared memory, on one host only.
enum class DataPlane { kAuto, kShm, kGrpc };

// What an exchange does when its layer has no pad.
enum class WhenOut {
  kWait,   // for more to be made
  kLocal,  // multiply in the trusted process; nothing is sent
  kFail,   // RESOURCE_EXHAUSTED
};

struct PadSettings {
  size_t memory_bytes = size_t{1} << 30;
  std::string directory = {};  // For pads beyond it, encrypted; empty: none are kept.
  size_t directory_bytes = size_t{16} << 30;
  WhenOut when_out = WhenOut::kWait;
};

// PEM texts, not paths.
struct ClientCertificate {
  std::string chain = {};
  std::string private_key = {};
};

struct SplitOptions {
  // HOST:PORT or unix:PATH. shares: two or more; else one.
  std::vector<std::string> endpoints = {"localhost:50051"};
  // None: shares with several endpoints, pads with one.
  std::optional<Protection> protection = {};
  // TLS, with whom: the SHA-256 (64 hex digits) of each server's public key, or for each the PEM
  // text of who may vouch for it. One an endpoint, in their order; neither: no TLS, which `shares`
  // refuses.
  std::vector<std::string> pinned_keys = {};
  std::vector<std::string> roots = {};
  std::optional<ClientCertificate> certificate = {};  // For servers that ask for one.
  // Lets `shares` run over channels that the machine's owner can read. NOT CONFIDENTIAL; for tests.
  bool insecure_channels = false;
  RelayUse relay = RelayUse::kWherePossible;
  std::string relay_peer = {};  // Where the first server reaches the second; empty: as here.
  DataPlane data_plane = DataPlane::kAuto;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds exchange_timeout{60'000};
  // Reconnections, over a Prefill's life, when a server is unavailable or does not answer; waits
  // grow up to exchange_timeout. A caught lie is never retried.
  int retries = 0;
  PadSettings pads = {};
  // Protection plain: verify answers all the same; and what else the server computes.
  bool plain_verified = false;
  bool plain_embedding = false, plain_attention = false;
};

}  // namespace sotto

#endif  // SOTTO_SPLIT_H_
