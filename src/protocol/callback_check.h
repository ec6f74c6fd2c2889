// Whether gRPC runs. Where the system refuses it a thread for its callbacks, gRPC says nothing and
// never calls back; whoever waited for the end of a call would wait for ever.
#ifndef SOTTO_PROTOCOL_CALLBACK_CHECK_H_
#define SOTTO_PROTOCOL_CALLBACK_CHECK_H_

#include <grpcpp/channel.h>

#include <chrono>
#include <memory>

#include "base/status.h"

namespace sotto {

// Starts a call on `channel` that is cancelled beforehand, so that nothing is sent, and waits for
// its end. RESOURCE_EXHAUSTED when there is none by `deadline`; use the channel for nothing then.
// What gRPC may still use (the channel, some hundred bytes) is never freed in this case.
absl::Status CheckCallbacks(const std::shared_ptr<grpc::Channel>& channel,
                            std::chrono::steady_clock::time_point deadline);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_CALLBACK_CHECK_H_
