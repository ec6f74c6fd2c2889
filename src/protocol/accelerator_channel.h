// One accelerator, as the offloaded linear layers see it: rows out, products back. The shipped
// implementation is session.h; tests put fakes here, the audit a recorder. Whatever comes back is
// the peer's word.
#ifndef SOTTO_PROTOCOL_ACCELERATOR_CHANNEL_H_
#define SOTTO_PROTOCOL_ACCELERATOR_CHANNEL_H_

#include <memory>
#include <string>

#include "base/status.h"
#include "model/linear_layers.h"
#include "protocol/blinded.h"

namespace sotto {

// Thread-safe. The first error ends the channel: every later call returns it, or, once there was
// one, an ABORTED (base/gravest.h).
class AcceleratorChannel {
 public:
  virtual ~AcceleratorChannel() = default;

  // An exchange under way. Destroyed without Wait, it ends the channel.
  class Pending {
   public:
    virtual ~Pending() = default;
    // Blocks until the answer is complete; once. Afterwards nobody touches the exchange's memory.
    // OK for a complete answer, even if the channel has failed since.
    virtual absl::Status Wait() = 0;
  };

  // For messages and the result file.
  virtual std::string endpoint() const = 0;
  // Rows one exchange of `layer` may have so that four fit into what the server lets be in flight.
  virtual size_t MaxRows(LinearLayer layer) const = 0;
  // Sends rows [rows, n_in]; the answer will be [rows, n_out] ([0, n_out] of a relay's source).
  // `rows`' memory must stay unchanged, and `answer`'s untouched, until Wait returns.
  virtual absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer,
                                                          const BlindedRows& rows,
                                                          AnswerRows answer) = 0;
  // Ends the channel because of what the caller found.
  virtual void Fail(absl::Status why) = 0;
};

using PendingExchange = std::unique_ptr<AcceleratorChannel::Pending>;

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_ACCELERATOR_CHANNEL_H_
