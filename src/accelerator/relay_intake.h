// What a relay's source sends, message by message, into an inbox: every size is checked before a
// byte is kept, and the source is trusted with nothing else either.
#ifndef SOTTO_ACCELERATOR_RELAY_INTAKE_H_
#define SOTTO_ACCELERATOR_RELAY_INTAKE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "accelerator/relay_inbox.h"
#include "base/status.h"
#include "protocol/messages.h"
#include "protocol/proto_codec.h"

namespace sotto {

// One stream's. Not thread-safe.
class RelayIntake {
 public:
  // Both outlive the object.
  RelayIntake(const ModelShape& model, RelayInbox& inbox) : model_(model), inbox_(inbox) {}

  // Takes the next message of the stream; a product whose last byte it brings is put into the
  // inbox. After an error nothing more may be taken: INVALID_ARGUMENT for a message out of place
  // or of a wrong size, RESOURCE_EXHAUSTED beyond the inbox.
  absl::Status Take(const pb::RelayMessage& message);

 private:
  struct Product {
    RelayHeader header;
    RelayedProduct product;
    uint64_t received = 0;  // Bytes.
  };

  absl::Status Begin(const pb::RelayHeader& header);
  absl::Status Append(uint64_t offset, const std::string& data);

  const ModelShape& model_;
  RelayInbox& inbox_;
  std::optional<Product> under_way_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_RELAY_INTAKE_H_
