// sotto-accelerator: serves a model's linear layers until SIGTERM or SIGINT.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "accelerator/connection_failures.h"
#include "accelerator/devices/device_registry.h"
#include "accelerator/event_log.h"
#include "accelerator/flags.h"
#include "accelerator/server.h"
#include "base/debug_variables.h"
#include "base/descriptor_limit.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/terminal_text.h"
#include "protocol/library_logs.h"

namespace sotto {
namespace {

constexpr int kBadCommandLine = 2;

void PrintError(const absl::Status& status) {
  std::fprintf(stderr, "sotto-accelerator: error: %s\n",
               TerminalText(ToStd(status.message())).c_str());
}

absl::StatusOr<std::unique_ptr<ServedModel>> LoadModel(const AcceleratorFlags& flags,
                                                       std::unique_ptr<Device> device) {
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<ServedModel> model,
                         ServedModel::Open(flags.model_dir, std::move(device)));
  if (flags.preload) {
    for (const DeviceFormat format : flags.server.service.formats) {
      // Floats once: those of bf16, which are f32's where nothing is faster. Others come when a
      // session asks for them.
      if (format == DeviceFormat::kF32) continue;
      SOTTO_RETURN_IF_ERROR(model->Load(format));
    }
  }
  return model;
}

// At once: whatever keeps the server from answering could keep it from an orderly end, and a
// supervisor starts it anew (packaging/systemd).
[[noreturn]] void GiveUp(const absl::Status& why) {
  LogEvent(LogLevel::kError, "dead", {{"why", std::string(ToStd(why.message()))}});
  PrintError(why);
  std::_Exit(EXIT_FAILURE);
}

// Runs until a signal of `stop`, which every thread must have blocked.
absl::Status Run(const AcceleratorFlags& flags, std::unique_ptr<Device> opened,
                 const sigset_t& stop) {
  const std::string device = opened->name();
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<ServedModel> model, LoadModel(flags, std::move(opened)));
  ServerOptions options = flags.server;
  options.on_dead = GiveUp;
  const absl::StatusOr<std::unique_ptr<AcceleratorServer>> started =
      AcceleratorServer::Start(std::move(model), options);
  SOTTO_RETURN_IF_ERROR(WithFlagName(started.status()));
  AcceleratorServer* const server = started->get();
  std::printf("listening on %s\n", server->address().c_str());
  if (server->metrics_port() != 0) std::printf("metrics on port %d\n", server->metrics_port());
  std::fflush(stdout);
  LogEvent(LogLevel::kInfo, "listening", {{"address", server->address()}, {"device", device}});
  int signal = 0;
  sigwait(&stop, &signal);
  LogEvent(LogLevel::kInfo, "draining", {{"signal", static_cast<uint64_t>(signal)}});
  server->Drain(flags.drain_timeout);
  LogEvent(LogLevel::kInfo, "stopped", {});
  return absl::OkStatus();
}

// Of what the command line names.
int FailBeforeWork(const absl::Status& status) {
  PrintError(status);
  return absl::IsInvalidArgument(status) ? kBadCommandLine : EXIT_FAILURE;
}

int Main(int argc, const char* const* argv) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // Before any thread exists: all inherit it.
  RemoveDebugVariables();
  ExitWhenMemoryRunsOut();
  RouteLibraryLogs(LogLibraryLine);
  RaiseDescriptorLimit();
  std::string information;
  const absl::StatusOr<std::optional<AcceleratorFlags>> flags =
      ParseAcceleratorFlags(argc, argv, &information);
  if (!flags.ok()) return FailBeforeWork(flags.status());
  if (!flags->has_value()) {
    std::fputs(information.c_str(), stdout);
    return EXIT_SUCCESS;
  }
  absl::StatusOr<std::unique_ptr<Device>> device =
      OpenDevices((*flags)->devices, (*flags)->device_options);
  if (!device.ok()) return FailBeforeWork(device.status());
  const absl::Status status = Run(**flags, *std::move(device), stop);
  if (status.ok()) return EXIT_SUCCESS;
  PrintError(status);
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) { return sotto::Main(argc, argv); }
