// Which headers of a message go on to the other side, and how requests are named to the service.
#ifndef SOTTO_CONNECT_FORWARDED_HEADERS_H_
#define SOTTO_CONNECT_FORWARDED_HEADERS_H_

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <string_view>

#include "base/status.h"

namespace sotto {

// All but those of one hop alone (RFC 9110, section 7.6.1): Connection and what it names,
// Transfer-Encoding and the like. Content-Length stays: whoever changes the body sets it.
boost::beast::http::fields EndToEndFields(const boost::beast::http::fields& from);

// INVALID_ARGUMENT for what a client of a service does not send: a target that is not a path, as to
// a proxy, or CONNECT.
absl::Status CheckForwardable(const boost::beast::http::request_header<>& header);

// Whether `host`, the Host of a request, calls this machine by a loopback name or address. A page
// of a stranger that got a name of its own to mean 127.0.0.1 ("DNS rebinding") calls it by that.
bool IsLoopbackHost(std::string_view host);

}  // namespace sotto

#endif  // SOTTO_CONNECT_FORWARDED_HEADERS_H_
