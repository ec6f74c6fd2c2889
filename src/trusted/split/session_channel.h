// A session with a real accelerator as a channel of the offloaded layers.
#ifndef SOTTO_TRUSTED_SPLIT_SESSION_CHANNEL_H_
#define SOTTO_TRUSTED_SPLIT_SESSION_CHANNEL_H_

#include <memory>

#include "protocol/client.h"
#include "trusted/split/accelerator_channel.h"

namespace sotto {

// The session is shared with whoever wants its statistics; it outlives the channel.
std::unique_ptr<AcceleratorChannel> MakeSessionChannel(std::shared_ptr<AcceleratorSession> session);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_SESSION_CHANNEL_H_
