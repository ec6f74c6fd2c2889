// The lookup's instructions and addresses do not depend on the ids.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/oblivious_select.h"
#include "kernels/oblivious_select_kernels.h"
#include "testing/memory_trace.h"

namespace sotto {
namespace {

constexpr size_t kBlocks = 3, kRows = kBlocks * kSelectRows;

// Of AVX-512 a group of four registers, one register, and a part of one, long enough that memcpy
// takes vectors. Portable code goes from id to id, in a thousand instructions each.
size_t IdsFor(const ObliviousSelectKernel& kernel) {
  return kernel.isa == Isa::kPortable ? 20 : 128 + 32 + 20;
}

class ObliviousTraceTest : public testing::TestWithParam<const ObliviousSelectKernel*> {
 protected:
  // Each a choice of ids.
  static constexpr std::array<size_t, 3> kSteps = {0, 37, 61};

  std::vector<MemoryTrace> TraceChoices(absl::FunctionRef<void()> work) {
    return TraceEach(kSteps.size(), [&](size_t choice) {
      for (size_t t = 0; t < ids_.size(); ++t) {
        ids_[t] = static_cast<int32_t>((kSteps[choice] + t * kSteps[choice]) % kRows);
      }
      StartTrace();
      work();
      EndTrace();
    });
  }

  std::vector<int32_t> ids_ = std::vector<int32_t>(IdsFor(*GetParam()));
  Matrix<uint16_t> panel_ = Matrix<uint16_t>(kBlocks, kSelectPanelWords* kSelectRows);
  Matrix<uint16_t> out_ = Matrix<uint16_t>(kSelectPanelWords, ids_.size());
};

TEST_P(ObliviousTraceTest, NoInstructionAndNoAddressDependsOnTheIds) {
  const auto traces =
      TraceChoices([this] { GetParam()->select(ids_, panel_.view(), out_.view()); });
  if (traces[0].addresses.empty()) GTEST_SKIP() << "this system does not permit ptrace";
  EXPECT_GT(traces[0].addresses.size(), kBlocks * kSelectPanelWords);
  for (const MemoryTrace& trace : traces) {
    EXPECT_FALSE(trace.vector_addresses);
    EXPECT_TRUE(trace == traces[0]);
  }
}

// The test can fail.
TEST_P(ObliviousTraceTest, AnOrdinaryLookupTells) {
  const auto traces = TraceChoices([this] {
    for (size_t t = 0; t < ids_.size(); ++t) out_.view()(0, t) = panel_.view().data()[ids_[t]];
  });
  if (traces[0].addresses.empty()) GTEST_SKIP() << "this system does not permit ptrace";
  EXPECT_FALSE(traces[1] == traces[0]);
}

INSTANTIATE_TEST_SUITE_P(Kernels, ObliviousTraceTest,
                         testing::ValuesIn(ObliviousSelectTable().runnable().begin(),
                                           ObliviousSelectTable().runnable().end()),
                         [](const auto& info) { return IsaName(info.param->isa); });

}  // namespace
}  // namespace sotto
