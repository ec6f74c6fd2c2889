// Why no session comes about with a server, in a sentence for people: gRPC tells a server that is
// not there, one that speaks no TLS and one that refuses this client's certificate apart by texts
// of OpenSSL only, or not at all.
#ifndef SOTTO_PROTOCOL_TLS_PROBE_H_
#define SOTTO_PROTOCOL_TLS_PROBE_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/session_options.h"

namespace sotto {

// What a caller can do something about, in ProbeHandshake's words.
inline constexpr std::string_view kCertificateRequired =
    "the server requires a client certificate, and none was given";
inline constexpr std::string_view kCertificateRefused =
    "the server does not accept the client certificate";
inline constexpr std::string_view kTrustRequired =
    "the server speaks TLS, but neither its key nor an authority for it was given";

// Makes a connection of its own, does the TLS handshake that `tls` asks for (or, without it, tries
// whether one is answered) and closes it again. The client's certificate is shown to a server that
// has passed the checks, and nothing else is sent.
//
// UNAVAILABLE when there is no connection; FAILED_PRECONDITION when one side speaks TLS and the
// other does not; PERMISSION_DENIED when a certificate is refused, by either side. OK: nothing is
// wrong that a handshake would show. Returns by `timeout`, but for the resolver's own patience.
absl::Status ProbeHandshake(const std::string& endpoint, const std::optional<TlsOptions>& tls,
                            std::chrono::milliseconds timeout);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_TLS_PROBE_H_
