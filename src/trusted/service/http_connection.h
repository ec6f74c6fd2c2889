// One connection, from its handshake to its end.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_CONNECTION_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_CONNECTION_H_

#include <memory>

#include "trusted/service/http_state.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace sotto {

// Serves the socket `descriptor`, which it owns, on the terms that the state has now, as a
// coroutine on `io`, which one thread runs and which outlives the connection.
void SpawnHttpConnection(boost::asio::io_context& io, int descriptor, bool ipv6,
                         std::shared_ptr<HttpState> state);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_CONNECTION_H_
