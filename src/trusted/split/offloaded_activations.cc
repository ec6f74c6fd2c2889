#include "trusted/split/offloaded_activations.h"

#include <algorithm>
#include <utility>

#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

// Of the window: what one exchange takes, so that every lane may have one under way.
size_t MaxExchangeBytes(const Session& session) {
  return static_cast<size_t>(session.server().window_bytes) / 2;
}

class OffloadedEmbedding final : public Embedding {
 public:
  explicit OffloadedEmbedding(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                      ThreadPool&) const override {
    const size_t row_bytes = sizeof(int32_t) + x.cols() * sizeof(float);
    const size_t most =
        std::clamp<size_t>(MaxExchangeBytes(*session_) / row_bytes, 1, size_t{kMaxRows});
    for (size_t first = 0; first < ids.size(); first += most) {
      const size_t rows = std::min(most, ids.size() - first);
      SOTTO_ASSIGN_OR_RETURN(
          PendingExchange pending,
          session_->SubmitEmbedding(UnprotectedRows::TokenIds(ids.subspan(first, rows)),
                                    x.Rows(first, rows)));
      SOTTO_RETURN_IF_ERROR(pending->Wait());
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<Session> session_;
};

class OffloadedProducts final : public MatrixProducts {
 public:
  explicit OffloadedProducts(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  size_t max_bytes() const override { return MaxExchangeBytes(*session_); }

  absl::Status Multiply(size_t batch, ConstMatrixView<float> left, ConstMatrixView<float> right,
                        MatrixView<float> y) override {
    SOTTO_ASSIGN_OR_RETURN(
        PendingExchange pending,
        session_->SubmitMatMul(batch, UnprotectedRows::F32(left), UnprotectedRows::F32(right), y));
    return pending->Wait();
  }

 private:
  const std::shared_ptr<Session> session_;
};

}  // namespace

std::unique_ptr<Embedding> MakeOffloadedEmbedding(std::shared_ptr<Session> session) {
  return std::make_unique<OffloadedEmbedding>(std::move(session));
}

std::unique_ptr<MatrixProducts> MakeOffloadedProducts(std::shared_ptr<Session> session) {
  return std::make_unique<OffloadedProducts>(std::move(session));
}

}  // namespace sotto
