#include "testing/lying_accelerator.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sotto {
namespace {

std::vector<uint32_t> Words(MatrixView<uint32_t> y) { return {y.data(), y.data() + y.size()}; }

}  // namespace

LyingAccelerator::LyingAccelerator(std::shared_ptr<const RingModel> model, Lie lie, size_t when,
                                   uint32_t seed)
    : InProcessAccelerator(std::move(model), "liar"), lie_(lie), when_(when), rng_(seed) {}

void LyingAccelerator::Answer(const Request& request, MatrixView<uint32_t> y) {
  InProcessAccelerator::Answer(request, y);
  if (answers_++ == when_) {
    const std::vector<uint32_t> truth = Words(y);
    Falsify(request, y);
    lied_ = Words(y) != truth;
  }
  Matrix<uint32_t> x(request.x.rows(), request.x.cols());
  std::copy_n(request.x.view().data(), x.rows() * x.cols(), x.view().data());
  last_request_ = Request{request.layer, request.from_seed, std::move(x)};
}

void LyingAccelerator::Falsify(const Request& request, MatrixView<uint32_t> y) {
  const size_t row = Random(y.rows()), column = Random(y.cols());
  switch (lie_) {
    case Lie::kFlipBit:
      y(row, column) ^= 1u << Random(32);
      return;
    case Lie::kAddHalf:
      y(row, column) += 0x80000000u;
      return;
    case Lie::kAddHalfTwice:
      y(row, column) += 0x80000000u;
      y(row, (column + 1) % y.cols()) += 0x80000000u;
      return;
    case Lie::kSwapRows:
      if (y.rows() > 1) std::swap_ranges(y.row(0), y.row(0) + y.cols(), y.row(1));
      if (y.rows() == 1) std::swap(y(0, 0), y(0, 1));
      return;
    case Lie::kOtherLayer: {
      LinearLayer other = request.layer;
      other.block = (other.block + 1) % static_cast<uint32_t>(model().config.num_layers());
      if (other.kind != LinearKind::kLmHead) model().Multiply(other, request.x.view(), y);
      return;
    }
    case Lie::kReplay:
    case Lie::kOtherMask: {
      if (!last_request_ || last_request_->x.cols() != request.x.cols()) return;
      // A replayed answer is the last layer's product; another mask's, this layer's.
      const LinearLayer layer = lie_ == Lie::kReplay ? last_request_->layer : request.layer;
      if (ShapeOf(model().config, layer).n_out != y.cols()) return;
      const size_t rows = std::min(y.rows(), last_request_->x.rows());
      model().Multiply(layer, std::as_const(last_request_->x).view().Rows(0, rows),
                       y.Rows(0, rows));
      return;
    }
    case Lie::kZeros:
      std::memset(y.data(), 0, y.size() * sizeof(uint32_t));
      return;
  }
}

}  // namespace sotto
