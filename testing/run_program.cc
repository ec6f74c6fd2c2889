#include "testing/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/strings.h"
#include "testing/paths.h"

namespace sotto {
namespace {

std::vector<std::string> Environment(const ProgramOptions& options) {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!text.starts_with("LLAMA_") && !text.starts_with("SOTTO_")) environment.push_back(text);
  }
  for (const auto& [name, value] : options.environment) {
    environment.push_back(StrCat(name, "=", value));
  }
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// An unnamed file that collects what the program prints.
int CollectingFile() {
  char name[] = "/tmp/sotto_run_programXXXXXX";
  const int fd = mkostemp(name, O_CLOEXEC);
  SOTTO_CHECK(fd >= 0);
  unlink(name);
  return fd;
}

std::string Collected(int fd) {
  std::string text;
  char buffer[4096];
  lseek(fd, 0, SEEK_SET);
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  return text;
}

void SignalWhenDue(pid_t child, const ProgramOptions& options) {
  siginfo_t ended = {};
  while (waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0) {
    if (options.signal_when()) {
      kill(child, options.signal);
      return;
    }
    usleep(1000);
  }
}

}  // namespace

ProgramResult RunProgram(const std::string& program, const std::vector<std::string>& arguments,
                         const ProgramOptions& options) {
  std::vector<std::string> words = {BinaryDir() + "/bin/" + program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = Environment(options);
  const std::vector<char*> argv = Pointers(words), envp = Pointers(environment);
  const int out = CollectingFile(), err = CollectingFile();
  const pid_t child = fork();
  SOTTO_CHECK(child >= 0);
  if (child == 0) {
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    if (options.file_size_limit_bytes.has_value()) {
      const rlimit limit{*options.file_size_limit_bytes, *options.file_size_limit_bytes};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (chdir(options.working_dir.c_str()) == 0) execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  int state = 0;
  if (options.signal_when) SignalWhenDue(child, options);
  waitpid(child, &state, 0);
  return {.exit_code = WIFEXITED(state) ? WEXITSTATUS(state) : -1,
          .out = Collected(out),
          .err = Collected(err)};
}

}  // namespace sotto
