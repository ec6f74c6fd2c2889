#include "testing/in_process_accelerator.h"

#include <cstring>

#include "base/check.h"
#include "wire/keystream.h"

namespace sotto {
namespace {

class Answered final : public AcceleratorChannel::Pending {
 public:
  absl::Status Wait() override { return absl::OkStatus(); }
};

}  // namespace

InProcessAccelerator::InProcessAccelerator(std::shared_ptr<const RingModel> model, std::string name)
    : model_(std::move(model)), name_(std::move(name)) {}

size_t InProcessAccelerator::MaxRows(LinearLayer) const { return max_rows_; }

absl::StatusOr<std::unique_ptr<AcceleratorChannel::Pending>> InProcessAccelerator::Submit(
    LinearLayer layer, const BlindedRows& rows, AnswerRows answer) {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  SOTTO_CHECK(rows.format() == NumberFormat::kRing32 && answer.format() == NumberFormat::kRing32);
  Request request{layer, rows.seed() != nullptr, Matrix<uint32_t>(rows.rows(), rows.cols())};
  const std::span<uint32_t> words(request.x.view().data(), rows.rows() * rows.cols());
  if (request.from_seed) {
    ExpandSeed(*rows.seed(), 0, words);
  } else {
    std::memcpy(words.data(), rows.payload().data(), words.size_bytes());
  }
  Answer(request, MatrixView<uint32_t>(reinterpret_cast<uint32_t*>(answer.bytes().data()),
                                       answer.rows(), answer.cols()));
  return std::make_unique<Answered>();
}

void InProcessAccelerator::Fail(absl::Status why) {
  std::lock_guard lock(mutex_);
  if (failure_.ok()) failure_ = std::move(why);
}

absl::Status InProcessAccelerator::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void InProcessAccelerator::Answer(const Request& request, MatrixView<uint32_t> y) {
  model_->Multiply(request.layer, request.x.view(), y);
}

}  // namespace sotto
