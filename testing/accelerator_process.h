// The shipped server as a process of its own, on a free port of this machine.
#ifndef SOTTO_TESTING_ACCELERATOR_PROCESS_H_
#define SOTTO_TESTING_ACCELERATOR_PROCESS_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sotto {

class AcceleratorProcess {
 public:
  // Serves the shipped model on a free port unless `arguments` name another or say where to listen.
  // Returns once it listens, or has ended without doing so. `environment` is added to this
  // process's. `descriptor_limit`: RLIMIT_NOFILE, soft and hard.
  // Errors alone are logged, to our stderr, unless there is a `log_file`: then all there is, to it.
  explicit AcceleratorProcess(const std::vector<std::string>& arguments = {},
                              const std::map<std::string, std::string>& environment = {},
                              std::optional<uint64_t> descriptor_limit = std::nullopt,
                              const std::string& log_file = "");
  ~AcceleratorProcess() { Signal(SIGKILL); }
  AcceleratorProcess(const AcceleratorProcess&) = delete;
  AcceleratorProcess& operator=(const AcceleratorProcess&) = delete;

  // HOST:PORT; empty when it did not start.
  const std::string& address() const { return address_; }
  // With --metrics among the arguments.
  int metrics_port() const { return metrics_port_; }
  // Sends a signal and waits for the end; the exit code, or -1 when a signal ended it. Once.
  int Signal(int signal);
  // The same without waiting for anything: SIGSTOP, SIGCONT.
  void Send(int signal) const;
  // Processor time so far, in clock ticks.
  uint64_t CpuTicks() const;

 private:
  pid_t pid_ = 0;
  std::string address_;
  int metrics_port_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_ACCELERATOR_PROCESS_H_
