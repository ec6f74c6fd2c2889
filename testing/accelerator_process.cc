#include "testing/accelerator_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "base/check.h"
#include "testing/paths.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

[[noreturn]] void Become(const std::vector<std::string>& arguments,
                         const std::map<std::string, std::string>& environment,
                         const std::string& log_file) {
  if (!log_file.empty()) {
    const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, STDERR_FILENO);
  }
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> words = {BinaryDir() + "/bin/sotto-accelerator"};
  if (std::ranges::find(arguments, "--log-level") == arguments.end()) {
    words.insert(words.end(), {"--log-level", log_file.empty() ? "error" : "debug"});
  }
  if (std::ranges::find(arguments, "--listen") == arguments.end()) {
    words.insert(words.end(), {"--listen", "localhost:0"});
  }
  setenv("LLAMA_MODEL_PATH", ShippedModelDir().c_str(), 1);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

// The rest of the next line; nothing when it begins otherwise.
std::string ReadLineAfter(int fd, std::string_view before) {
  std::string line;
  for (char c = 0; read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line.starts_with(before) ? line.substr(before.size()) : "";
}

}  // namespace

AcceleratorProcess::AcceleratorProcess(const std::vector<std::string>& arguments,
                                       const std::map<std::string, std::string>& environment,
                                       std::optional<uint64_t> descriptor_limit,
                                       const std::string& log_file) {
  std::array<int, 2> out{};
  SOTTO_CHECK(pipe(out.data()) == 0);
  pid_ = fork();
  SOTTO_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    dup2(out[1], STDOUT_FILENO);
    close(out[0]);
    close(out[1]);
    if (descriptor_limit) {
      const rlimit limit{.rlim_cur = *descriptor_limit, .rlim_max = *descriptor_limit};
      setrlimit(RLIMIT_NOFILE, &limit);
    }
    Become(arguments, environment, log_file);
  }
  close(out[1]);
  address_ = ReadLineAfter(out[0], "listening on ");
  const bool metrics = std::ranges::find(arguments, "--metrics") != arguments.end();
  if (metrics) metrics_port_ = std::atoi(ReadLineAfter(out[0], "metrics on port ").c_str());
  close(out[0]);
}

void AcceleratorProcess::Send(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

uint64_t AcceleratorProcess::CpuTicks() const {
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  std::string field;
  uint64_t ticks = 0;
  // The program's name has no blanks; user and system time are fields 14 and 15.
  for (int i = 1; i <= 15 && stat >> field; ++i) {
    if (i >= 14) ticks += std::stoull(field);
  }
  return ticks;
}

int AcceleratorProcess::Signal(int signal) {
  if (pid_ <= 0) return -1;
  Send(signal);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace sotto
