// Where an accelerator listens: HOST:PORT, [IPV6]:PORT or unix:PATH.
#ifndef SOTTO_PROTOCOL_ENDPOINT_H_
#define SOTTO_PROTOCOL_ENDPOINT_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

// What a path of a Unix socket comes after.
inline constexpr std::string_view kUnixPrefix = "unix:";

// INVALID_ARGUMENT, naming `text`, for anything but the three forms. Port 0 is for listening only.
absl::Status CheckEndpoint(std::string_view text, bool for_listening);

// True when the endpoint can only be this host: a loopback name or address, or a unix socket.
bool IsLocalEndpoint(std::string_view text);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_ENDPOINT_H_
