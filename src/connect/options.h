// What the data owner's side of a service is told: whom to trust, where to listen, how much to
// take.
#ifndef SOTTO_CONNECT_OPTIONS_H_
#define SOTTO_CONNECT_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/status.h"
#include "sotto/attestation.h"

namespace sotto {

// Where the service is.
struct ServiceAddress {
  std::string host = {};  // A name or an address, an IPv6 one without brackets.
  std::string port = {};

  // As a Host header has it: "[::1]:8443".
  std::string Authority() const;
};

// Of "https://HOST:PORT", "https://HOST" (443), with "/" behind it or not. INVALID_ARGUMENT for all
// else: a path or a user name would be lost, and http:// has no key to attest.
absl::StatusOr<ServiceAddress> ParseServiceUrl(std::string_view url);

struct ConnectLimits {
  size_t max_connections = 256;  // Of clients; one more is closed.
  size_t max_header_bytes = size_t{16} << 10;
  // Of a body that has to be complete before it is sent, to be padded.
  size_t max_body_bytes = size_t{8} << 20;
  // Of an answer that is withheld until its receipt is checked.
  size_t max_answer_bytes = size_t{64} << 20;
  // Of all bodies and answers that are held at once; others are streamed, a block at a time.
  size_t max_held_bytes = size_t{256} << 20;
  // From a client's first byte to the end of its header, and between its requests.
  std::chrono::milliseconds header_timeout{10'000}, idle_timeout{75'000};
  // Until some of a body is read or taken, on either side.
  std::chrono::milliseconds progress_timeout{60'000};
  // To the service: until there is a connection and TLS; until it has answered for itself (report,
  // channel, receipt); until an answer begins; how long a connection waits for the next request,
  // which is less than services wait.
  std::chrono::milliseconds connect_timeout{10'000}, control_timeout{30'000},
      answer_timeout{660'000}, service_idle_timeout{60'000};
};

struct ConnectOptions {
  ServiceAddress service = {};
  std::string listen = "127.0.0.1:8080";  // HOST:PORT; port 0: any.
  bool any_listen_address = false;        // Else loopback addresses only.
  AttestationPolicy policy = {};
  std::string collateral_path = {};  // Read anew whenever a report is verified.
  // PEM. If given, the certificate must be one of theirs for the service's name as well.
  std::optional<std::string> authorities = {};
  // A keyset is verified again, with a new nonce and a new quote, after so long.
  std::chrono::seconds maximum_report_age{3600};
  size_t pad_to_bytes = 0;                       // 0: bodies as they are.
  std::optional<std::string> receipts_dir = {};  // Each answer's receipt is checked and kept here.
  ConnectLimits limits = {};

  // FOR TESTS ONLY: a root as in VerifyQuoteOptions, a time at which quotes and collateral are
  // judged, and what the time is for all else. Nothing on a command line of `sotto` sets them.
  std::optional<std::string> insecure_test_root = {};
  std::optional<std::chrono::sys_seconds> insecure_test_quote_time = {};
  std::function<std::chrono::sys_seconds()> insecure_test_clock = {};

  std::chrono::sys_seconds Now() const;
};

}  // namespace sotto

#endif  // SOTTO_CONNECT_OPTIONS_H_
