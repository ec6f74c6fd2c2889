#include "accelerator/relay_intake.h"

#include <cstring>
#include <span>
#include <utility>

namespace sotto {

absl::Status RelayIntake::Take(const pb::RelayMessage& message) {
  if (!under_way_) {
    if (!message.has_header()) return absl::InvalidArgumentError("expected a product's header");
    SOTTO_RETURN_IF_ERROR(Begin(message.header()));
    return Append(0, message.header().data());
  }
  if (!message.has_chunk() || message.chunk().sequence() != under_way_->header.number) {
    return absl::InvalidArgumentError("expected the next chunk of the product");
  }
  return Append(message.chunk().offset(), message.chunk().data());
}

absl::Status RelayIntake::Begin(const pb::RelayHeader& first) {
  const RelayHeader header{.number = first.number(),
                           .layer = first.layer(),
                           .rows = first.rows(),
                           .payload_bytes = first.payload_bytes()};
  SOTTO_ASSIGN_OR_RETURN(const size_t n_out, CheckRelayHeader(header, model_, inbox_.max_bytes()));
  SOTTO_RETURN_IF_ERROR(inbox_.Reserve(header));
  under_way_.emplace(Product{header, {header.layer, Matrix<uint32_t>(header.rows, n_out)}});
  return absl::OkStatus();
}

absl::Status RelayIntake::Append(uint64_t offset, const std::string& data) {
  auto& [header, product, received] = *under_way_;
  if (const absl::Status status = CheckChunk(offset, data.size(), received, header.payload_bytes);
      !status.ok()) {
    return absl::InvalidArgumentError(status.message());
  }
  auto* const out = reinterpret_cast<uint8_t*>(product.words.view().data());
  const std::span<const char> chunk(data);
  std::memcpy(out + received, chunk.data(), chunk.size());
  received += chunk.size();
  if (received < header.payload_bytes) return absl::OkStatus();
  inbox_.Put(header.number, std::move(product));
  under_way_.reset();
  return absl::OkStatus();
}

}  // namespace sotto
