// An accelerator that lies. Test-only, as its name says.
#ifndef SOTTO_TESTING_LYING_ACCELERATOR_H_
#define SOTTO_TESTING_LYING_ACCELERATOR_H_

#include <optional>
#include <random>

#include "testing/in_process_accelerator.h"

namespace sotto {

enum class Lie {
  kFlipBit,       // One random bit of one random word.
  kAddHalf,       // 2^31 to one random word: even times anything is lost modulo 2^32.
  kAddHalfTwice,  // 2^31 to two words of a row: their sum is unchanged modulo 2^32.
  kSwapRows,      // Two rows, or two columns when there is one row (or the rows are equal).
  kOtherLayer,    // The product with the same-shaped layer of the other block.
  kReplay,        // The last answer of the same shape.
  kOtherMask,     // The product of the last request's rows, whatever R they had.
  kZeros,
};
inline constexpr Lie kAllLies[] = {Lie::kFlipBit,   Lie::kAddHalf,    Lie::kAddHalfTwice,
                                   Lie::kSwapRows,  Lie::kOtherLayer, Lie::kReplay,
                                   Lie::kOtherMask, Lie::kZeros};

class LyingAccelerator final : public InProcessAccelerator {
 public:
  // Lies in answer number `when` (from 0), and in no other.
  LyingAccelerator(std::shared_ptr<const RingModel> model, Lie lie, size_t when, uint32_t seed);

  // Whether the lie has been told, and differed from the truth.
  bool lied() const { return lied_; }

 protected:
  void Answer(const Request& request, MatrixView<uint32_t> y) override;

 private:
  void Falsify(const Request& request, MatrixView<uint32_t> y);
  size_t Random(size_t below) { return rng_() % below; }

  const Lie lie_;
  const size_t when_;
  std::mt19937 rng_;
  size_t answers_ = 0;
  bool lied_ = false;
  std::optional<Request> last_request_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_LYING_ACCELERATOR_H_
