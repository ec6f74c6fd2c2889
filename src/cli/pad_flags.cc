#include "cli/pad_flags.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sotto {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 3> kWhenOut = {"wait", "local", "fail"};

}  // namespace

PadFlags::PadFlags(CLI::App& app)
    : pad_memory_(app, {.flag = "--pad-memory",
                        .placeholder = "MIB",
                        .help = "Memory for pads",
                        .default_value = "1024"}),
      pad_dir_(app, {.flag = "--pad-dir",
                     .placeholder = "DIR",
                     .help = "Directory for pads beyond --pad-memory, encrypted"}),
      pad_disk_(app, {.flag = "--pad-disk",
                      .placeholder = "MIB",
                      .help = "Disk space for pads in --pad-dir",
                      .default_value = "16384"}),
      when_out_(app, {.flag = "--when-out",
                      .placeholder = "WHAT",
                      .help = "When pads run out: wait for more, multiply here (local), or fail",
                      .default_value = "wait"}) {}

absl::Status PadFlags::Read(SplitOptions& options) const {
  constexpr int64_t kMaxMib = int64_t{1} << 30;
  constexpr size_t kMib = size_t{1} << 20;
  SOTTO_ASSIGN_OR_RETURN(const int64_t memory, pad_memory_.Integer(0, kMaxMib));
  SOTTO_ASSIGN_OR_RETURN(const int64_t disk, pad_disk_.Integer(0, kMaxMib));
  SOTTO_ASSIGN_OR_RETURN(const size_t when_out, when_out_.Choice(kWhenOut));
  options.pads.when_out = static_cast<WhenOut>(when_out);
  options.pads.memory_bytes = static_cast<size_t>(memory) * kMib;
  options.pads.directory = pad_dir_.value();
  options.pads.directory_bytes = static_cast<size_t>(disk) * kMib;
  return absl::OkStatus();
}

}  // namespace sotto
