#include "testing/in_process_accelerator.h"

#include <cstring>

#include "base/check.h"
#include "base/gravest.h"
#include "protocol/keystream.h"
#include "protocol/relay_words.h"

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
  const bool source = request.from_seed && rows.relay() != nullptr;
  if (source) {
    SOTTO_CHECK(answer.rows() == 0);
    SendOn(request, *rows.relay());
    return std::make_unique<Answered>();
  }
  const MatrixView<uint32_t> y(reinterpret_cast<uint32_t*>(answer.bytes().data()), answer.rows(),
                               answer.cols());
  Answer(request, y);
  if (rows.relay() != nullptr) AddSentOn(rows.relay()->number, y);
  return std::make_unique<Answered>();
}

void InProcessAccelerator::SendOn(const Request& request, const RelayPart& part) {
  Matrix<uint32_t> product(request.x.rows(), ShapeOf(model_->config, request.layer).n_out);
  Answer(request, product.view());
  SeedExpander mask(part.mask_seed);
  AddRelayMask<uint32_t>(mask, {product.view().data(), product.view().size()});
  std::lock_guard lock(relay_->mutex);
  SOTTO_CHECK(relay_->products.emplace(part.number, std::move(product)).second);
}

void InProcessAccelerator::AddSentOn(uint64_t number, MatrixView<uint32_t> y) {
  std::lock_guard lock(relay_->mutex);
  const auto product = relay_->products.extract(number);
  SOTTO_CHECK(!product.empty());  // In this process the source is always first.
  const MatrixView<uint32_t> words = product.mapped().view();
  AddRelayed<uint32_t>({words.data(), y.size()}, {y.data(), y.size()});
}

void InProcessAccelerator::Fail(absl::Status why) {
  std::lock_guard lock(mutex_);
  KeepGravest(failure_, why);
}

absl::Status InProcessAccelerator::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void InProcessAccelerator::Answer(const Request& request, MatrixView<uint32_t> y) {
  model_->Multiply(request.layer, request.x.view(), y);
}

}  // namespace sotto
