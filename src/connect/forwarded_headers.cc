#include "connect/forwarded_headers.h"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/verb.hpp>
#include <string>
#include <vector>

#include "base/strings.h"
#include "protocol/endpoint.h"

namespace sotto {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

// Expect is answered here; Keep-Alive and Proxy-Connection are of old clients.
constexpr std::array kOneHop = {http::field::connection,
                                http::field::keep_alive,
                                http::field::proxy_connection,
                                http::field::proxy_authenticate,
                                http::field::proxy_authorization,
                                http::field::te,
                                http::field::trailer,
                                http::field::transfer_encoding,
                                http::field::upgrade,
                                http::field::expect};

// What the message's Connection headers name.
std::vector<std::string> NamedByConnection(const http::fields& from) {
  std::vector<std::string> names;
  const auto [begin, end] = from.equal_range(http::field::connection);
  for (auto it = begin; it != end; ++it) {
    for (const beast::string_view token : http::token_list(it->value())) {
      names.emplace_back(token.data(), token.size());
    }
  }
  return names;
}

bool IsOneHop(const http::fields::value_type& field, const std::vector<std::string>& named) {
  return std::ranges::find(kOneHop, field.name()) != kOneHop.end() ||
         std::ranges::any_of(named, [&](const std::string& name) {
           return beast::iequals(field.name_string(), name);
         });
}

}  // namespace

http::fields EndToEndFields(const http::fields& from) {
  const std::vector<std::string> named = NamedByConnection(from);
  http::fields to;
  for (const auto& field : from) {
    if (!IsOneHop(field, named)) to.insert(field.name(), field.name_string(), field.value());
  }
  return to;
}

absl::Status CheckForwardable(const http::request_header<>& header) {
  if (header.method() == http::verb::connect || !header.target().starts_with('/')) {
    return absl::InvalidArgumentError("the target must be a path: this is no proxy to anywhere");
  }
  return absl::OkStatus();
}

bool IsLoopbackHost(std::string_view host) {
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && !host.ends_with(']');
  const std::string name(has_port ? host.substr(0, colon) : host);
  if (name == "unix") return false;  // A prefix of endpoints, and no name of this machine.
  return beast::iequals(name, "localhost") || IsLocalEndpoint(StrCat(name, ":1"));
}

}  // namespace sotto
