// Runs one of the built programs as a user would.
#ifndef SOTTO_TESTING_RUN_PROGRAM_H_
#define SOTTO_TESTING_RUN_PROGRAM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sotto {

struct ProgramOptions {
  std::string working_dir = ".";
  // Added to this process's environment, from which LLAMA_* and SOTTO_* are taken.
  std::map<std::string, std::string> environment = {};
  std::optional<uint64_t> file_size_limit_bytes = {};      // RLIMIT_FSIZE
  std::optional<uint64_t> address_space_limit_bytes = {};  // RLIMIT_AS
  std::optional<uint64_t> descriptor_limit = {};           // RLIMIT_NOFILE
  std::optional<std::string> input = {};  // What its standard input, then a pipe, gives.
  // Sent once `signal_when` is true of what is on stderr so far; it is asked until then or until
  // the program ends.
  int signal = 0;
  std::function<bool(const std::string& err)> signal_when = {};
  // Read so many bytes of its standard output, a pipe, and close it.
  std::optional<size_t> close_output_after = {};
};

struct ProgramResult {
  int exit_code = -1;  // -1: killed by a signal,
  int signal = 0;      // by this one.
  std::string out, err;
};

// Waits for its end. `program` is a name in build/bin.
ProgramResult RunProgram(const std::string& program, const std::vector<std::string>& arguments,
                         const ProgramOptions& options = {});

}  // namespace sotto

#endif  // SOTTO_TESTING_RUN_PROGRAM_H_
