// A session with a real accelerator as a channel of the offloaded layers.
#ifndef SOTTO_ENCLAVE_LINEAR_SESSION_CHANNEL_H_
#define SOTTO_ENCLAVE_LINEAR_SESSION_CHANNEL_H_

#include <memory>

#include "enclave/linear/accelerator_channel.h"
#include "wire/client.h"

namespace sotto {

// The session is shared with whoever wants its statistics; it outlives the channel.
std::unique_ptr<AcceleratorChannel> MakeSessionChannel(std::shared_ptr<AcceleratorSession> session);

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_LINEAR_SESSION_CHANNEL_H_
