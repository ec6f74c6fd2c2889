#include "testing/memory_trace.h"

#include <Zydis/Zydis.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace sotto {
namespace {

struct Instruction {
  ZydisDecodedInstruction decoded;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
};

void FillRegisters(const user_regs_struct& r, ZydisRegisterContext& context) {
  const auto set = [&](ZydisRegister name, uint64_t value) { context.values[name] = value; };
  set(ZYDIS_REGISTER_RAX, r.rax), set(ZYDIS_REGISTER_RBX, r.rbx);
  set(ZYDIS_REGISTER_RCX, r.rcx), set(ZYDIS_REGISTER_RDX, r.rdx);
  set(ZYDIS_REGISTER_RSI, r.rsi), set(ZYDIS_REGISTER_RDI, r.rdi);
  set(ZYDIS_REGISTER_RBP, r.rbp), set(ZYDIS_REGISTER_RSP, r.rsp);
  set(ZYDIS_REGISTER_R8, r.r8), set(ZYDIS_REGISTER_R9, r.r9);
  set(ZYDIS_REGISTER_R10, r.r10), set(ZYDIS_REGISTER_R11, r.r11);
  set(ZYDIS_REGISTER_R12, r.r12), set(ZYDIS_REGISTER_R13, r.r13);
  set(ZYDIS_REGISTER_R14, r.r14), set(ZYDIS_REGISTER_R15, r.r15);
}

uint64_t SegmentBase(const user_regs_struct& registers, ZydisRegister segment) {
  if (segment == ZYDIS_REGISTER_FS) return registers.fs_base;
  return segment == ZYDIS_REGISTER_GS ? registers.gs_base : 0;
}

// Steps one child, which stands at its StartTrace().
class Stepper {
 public:
  explicit Stepper(pid_t child) : child_(child) {
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  }

  // An empty one if the child ends, or gets a signal, before its EndTrace().
  MemoryTrace Run() {
    while (Step()) {
      if (AtBreakpoint()) return std::move(trace_);
      Note();
    }
    return {};
  }

 private:
  // False where it is not stopped by that.
  bool Step() const {
    int status = 0;
    return ptrace(PTRACE_SINGLESTEP, child_, nullptr, nullptr) == 0 &&
           waitpid(child_, &status, 0) == child_ && WIFSTOPPED(status) &&
           WSTOPSIG(status) == SIGTRAP;
  }

  // A single step ends otherwise than a breakpoint does.
  bool AtBreakpoint() const {
    siginfo_t info{};
    ptrace(PTRACE_GETSIGINFO, child_, nullptr, &info);
    return info.si_code == SI_KERNEL;
  }

  // The instruction that comes next, and what it addresses.
  void Note() {
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, child_, nullptr, &registers);
    FillRegisters(registers, context_);
    trace_.addresses.push_back(registers.rip);
    const Instruction& next = Decode(registers.rip);
    if (next.decoded.mnemonic == ZYDIS_MNEMONIC_NOP) return;  // It names an address to be longer.
    for (size_t i = 0; i < next.decoded.operand_count; ++i) {
      const ZydisDecodedOperand& operand = next.operands[i];
      if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
      if (operand.mem.type == ZYDIS_MEMOP_TYPE_VSIB) trace_.vector_addresses = true;
      if (operand.mem.type != ZYDIS_MEMOP_TYPE_MEM) continue;
      ZyanU64 address = 0;
      SOTTO_CHECK(ZYAN_SUCCESS(
          ZydisCalcAbsoluteAddressEx(&next.decoded, &operand, registers.rip, &context_, &address)));
      trace_.addresses.push_back(address + SegmentBase(registers, operand.mem.segment));
    }
  }

  const Instruction& Decode(uint64_t rip) {
    const auto [place, is_new] = decoded_.try_emplace(rip);
    if (!is_new) return place->second;
    std::array<uint64_t, 2> words{};
    for (size_t i = 0; i < words.size(); ++i) {
      words[i] = ptrace(PTRACE_PEEKTEXT, child_, rip + i * sizeof words[i], nullptr);
    }
    Instruction& instruction = place->second;
    SOTTO_CHECK(ZYAN_SUCCESS(ZydisDecoderDecodeFull(
        &decoder_, words.data(), sizeof words, &instruction.decoded, instruction.operands.data())));
    return instruction;
  }

  const pid_t child_;
  ZydisDecoder decoder_;
  ZydisRegisterContext context_{};
  std::unordered_map<uint64_t, Instruction> decoded_;
  MemoryTrace trace_;
};

// Stopped at its StartTrace().
pid_t StartChild(size_t choice, absl::FunctionRef<void(size_t choice)> work) {
  const pid_t child = fork();
  if (child != 0) return child;
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
  work(choice);
  _exit(0);
}

bool IsStopped(pid_t child) {
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFSTOPPED(status);
}

}  // namespace

std::vector<MemoryTrace> TraceEach(size_t choices, absl::FunctionRef<void(size_t choice)> work) {
  std::vector<pid_t> children(choices);
  std::vector<MemoryTrace> traces(choices);
  // All at once: tracing takes memory, and the later ones would find another heap.
  for (size_t i = 0; i < choices; ++i) children[i] = StartChild(i, work);
  for (size_t i = 0; i < choices; ++i) {
    if (!IsStopped(children[i])) continue;
    traces[i] = Stepper(children[i]).Run();
    kill(children[i], SIGKILL);
    waitpid(children[i], nullptr, 0);
  }
  return traces;
}

}  // namespace sotto
