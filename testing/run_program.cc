#include "testing/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>

#include "base/check.h"
#include "base/descriptor.h"
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

// What is in the file so far. Its offset is the program's, and stays.
std::string Collected(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = pread(fd, buffer, sizeof(buffer), static_cast<off_t>(text.size()))) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

struct Pipe {
  Pipe() {
    int ends[2];
    SOTTO_CHECK(pipe2(ends, O_CLOEXEC) == 0);
    from.emplace(ends[0]);
    to.emplace(ends[1]);
  }
  std::optional<Descriptor> from, to;
};

// To a reader that may end before.
void WriteAll(int fd, std::string_view text) {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  for (ssize_t n; !text.empty(); text.remove_prefix(static_cast<size_t>(n))) {
    if ((n = write(fd, text.data(), text.size())) <= 0) return;
  }
}

std::string ReadUpTo(int fd, size_t limit) {
  std::string text(limit, '\0');
  size_t done = 0;
  for (ssize_t n; done < limit && (n = read(fd, text.data() + done, limit - done)) > 0;) {
    done += static_cast<size_t>(n);
  }
  text.resize(done);
  return text;
}

void SignalWhenDue(pid_t child, int err, const ProgramOptions& options) {
  siginfo_t ended = {};
  while (waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0) {
    if (options.signal_when(Collected(err))) {
      kill(child, options.signal);
      return;
    }
    usleep(1000);
  }
}

void Limit(__rlimit_resource resource, const std::optional<uint64_t>& most) {
  if (!most.has_value()) return;
  const rlimit limit{*most, *most};
  setrlimit(resource, &limit);
}

struct Streams {
  int in = -1;  // Negative: ours.
  int out, err;
};

[[noreturn]] void Become(const std::vector<char*>& argv, const std::vector<char*>& envp,
                         const Streams& streams, const ProgramOptions& options) {
  if (streams.in >= 0) dup2(streams.in, STDIN_FILENO);
  dup2(streams.out, STDOUT_FILENO);
  dup2(streams.err, STDERR_FILENO);
  Limit(RLIMIT_FSIZE, options.file_size_limit_bytes);
  Limit(RLIMIT_AS, options.address_space_limit_bytes);
  Limit(RLIMIT_NOFILE, options.descriptor_limit);
  if (chdir(options.working_dir.c_str()) == 0) execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

}  // namespace

ProgramResult RunProgram(const std::string& program, const std::vector<std::string>& arguments,
                         const ProgramOptions& options) {
  std::vector<std::string> words = {BinaryDir() + "/bin/" + program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = Environment(options);
  const std::vector<char*> argv = Pointers(words), envp = Pointers(environment);
  const Descriptor out(CollectingFile()), err(CollectingFile());
  Pipe input, output;
  const pid_t child = fork();
  SOTTO_CHECK(child >= 0);
  if (child == 0) {
    Become(argv, envp,
           {.in = options.input.has_value() ? input.from->get() : -1,
            .out = options.close_output_after.has_value() ? output.to->get() : out.get(),
            .err = err.get()},
           options);
  }
  input.from.reset();
  output.to.reset();
  std::thread writer([&] {
    if (options.input.has_value()) WriteAll(input.to->get(), *options.input);
    input.to.reset();
  });
  std::string read_output;
  if (options.close_output_after.has_value()) {
    read_output = ReadUpTo(output.from->get(), *options.close_output_after);
  }
  output.from.reset();
  int state = 0;
  if (options.signal_when) SignalWhenDue(child, err.get(), options);
  waitpid(child, &state, 0);
  writer.join();
  return {.exit_code = WIFEXITED(state) ? WEXITSTATUS(state) : -1,
          .signal = WIFSIGNALED(state) ? WTERMSIG(state) : 0,
          .out = options.close_output_after.has_value() ? read_output : Collected(out.get()),
          .err = Collected(err.get())};
}

}  // namespace sotto
