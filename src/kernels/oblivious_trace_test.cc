// The AVX-512 lookup's instructions and addresses do not depend on the ids. valgrind knows no
// AVX-512; so each instruction is stepped through, and the general registers are compared: all
// addresses are made of them, but for gathers and scatters, which are looked for.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/cpu.h"
#include "kernels/oblivious_select.h"

namespace sotto {
namespace {

using Registers = std::array<uint64_t, 17>;
struct Trace {
  std::vector<Registers> steps;
  bool vector_addresses = false;
};

Registers GeneralRegisters(const user_regs_struct& r) {
  return {r.rip, r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rsp,
          r.r8,  r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15};
}

// Whether the instruction is a gather or a scatter, in VEX or EVEX encoding.
bool HasVectorAddress(pid_t child, uint64_t rip) {
  const int64_t word = ptrace(PTRACE_PEEKTEXT, child, rip, nullptr);
  uint8_t bytes[sizeof word];
  std::memcpy(bytes, &word, sizeof word);
  const auto in = [](uint8_t opcode, uint8_t first) {
    return opcode >= first && opcode < first + 4;
  };
  if (bytes[0] == 0x62 && (bytes[1] & 7) == 2) return in(bytes[4], 0x90) || in(bytes[4], 0xa0);
  return bytes[0] == 0xc4 && (bytes[1] & 0x1f) == 2 && in(bytes[3], 0x90);
}

// A single step ends otherwise than a breakpoint does.
bool AtBreakpoint(pid_t child) {
  siginfo_t info{};
  ptrace(PTRACE_GETSIGINFO, child, nullptr, &info);
  return info.si_code == SI_KERNEL;
}

// What `work` does between two breakpoints, in a child that is this process's image; nothing
// where tracing is not permitted.
Trace Step(absl::FunctionRef<void()> work) {
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
    // What the callers left in registers is none of the work's.
    __asm__ volatile(
        "xor %%eax, %%eax\n xor %%ebx, %%ebx\n xor %%ecx, %%ecx\n xor %%edx, %%edx\n"
        "xor %%esi, %%esi\n xor %%edi, %%edi\n xor %%r8d, %%r8d\n xor %%r9d, %%r9d\n"
        "xor %%r10d, %%r10d\n xor %%r11d, %%r11d\n xor %%r12d, %%r12d\n xor %%r13d, %%r13d\n"
        "xor %%r14d, %%r14d\n xor %%r15d, %%r15d\n int3" ::
            : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
              "r14", "r15", "cc", "memory");
    work();
    __asm__ volatile("int3" ::: "memory");
    _exit(0);
  }
  Trace trace;
  int status = 0;
  waitpid(child, &status, 0);
  while (WIFSTOPPED(status)) {
    if (!trace.steps.empty() && AtBreakpoint(child)) break;
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, child, nullptr, &registers);
    trace.steps.push_back(GeneralRegisters(registers));
    trace.vector_addresses |= HasVectorAddress(child, registers.rip);
    ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
    waitpid(child, &status, 0);
  }
  ptrace(PTRACE_KILL, child, nullptr, nullptr);
  if (WIFSTOPPED(status)) waitpid(child, &status, 0);
  return trace;
}

class ObliviousTraceTest : public testing::Test {
 protected:
  static constexpr size_t kBlocks = 16, kRows = kBlocks * kSelectRows;
  // A group of four registers of ids, one register, and a part of one, long enough that memcpy
  // takes vectors.
  static constexpr size_t kIds = 128 + 32 + 20;

  // A trace for each of several choices of ids. One call in a loop: the stack is the same, too.
  std::vector<Trace> StepEach(absl::FunctionRef<void()> work) {
    std::vector<Trace> traces;
    for (const int32_t step : {0, 37, 509}) {
      for (size_t t = 0; t < kIds; ++t) ids_[t] = (step + static_cast<int32_t>(t) * step) % kRows;
      traces.push_back(Step(work));
    }
    return traces;
  }

  std::vector<int32_t> ids_ = std::vector<int32_t>(kIds);
  Matrix<uint16_t> panel_ = Matrix<uint16_t>(kBlocks, kSelectPanelWords* kSelectRows);
  Matrix<uint16_t> out_ = Matrix<uint16_t>(kSelectPanelWords, kIds);
};

TEST_F(ObliviousTraceTest, NoInstructionAndNoAddressDependsOnTheIds) {
  if (!Cpu().avx512) GTEST_SKIP() << "no AVX-512";
  const auto traces = StepEach([this] { ObliviousSelect(ids_, panel_.view(), out_.view()); });
  if (traces[0].steps.empty()) GTEST_SKIP() << "this system does not permit ptrace";
  EXPECT_GT(traces[0].steps.size(), kBlocks * kSelectPanelWords);
  for (const Trace& trace : traces) {
    EXPECT_FALSE(trace.vector_addresses);
    EXPECT_TRUE(trace.steps == traces[0].steps);
  }
}

TEST_F(ObliviousTraceTest, AnOrdinaryLookupTells) {
  const auto traces = StepEach([this] {
    for (size_t t = 0; t < kIds; ++t) out_.view()(0, t) = panel_.view().data()[ids_[t]];
  });
  if (traces[0].steps.empty()) GTEST_SKIP() << "this system does not permit ptrace";
  EXPECT_FALSE(traces[1].steps == traces[0].steps);
}

}  // namespace
}  // namespace sotto
