#include "cli/app.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/command_line.h"
#include "base/cpu.h"
#include "base/debug_variables.h"
#include "base/descriptor_limit.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/temporary_files.h"
#include "cli/api_errors.h"
#include "cli/command.h"
#include "cli/other_program.h"
#include "cli/process_info.h"
#include "model/printable.h"
#include "protocol/library_logs.h"
#include "protocol/mismatch.h"
#include "trusted/tee/platform.h"

namespace sotto {
namespace {

constexpr int kFailure = 1;
constexpr int kBadCommandLine = 2;
constexpr int kRefused = 3;

void PrintError(std::string_view message) { Log(LogLevel::kError, message); }

int Fail(const absl::Status& status) {
  if (IsReaderGone(status)) EndByBrokenPipe();
  PrintError(StrCat(WithFlagAdvice(ToStd(status.message())),
                    IsOtherWeights(status) ? "; compare with \"sotto model inspect\"" : ""));
  if (IsRefusedVerdict(status)) return kRefused;
  return IsUsageError(status) ? kBadCommandLine : kFailure;
}

const CLI::App& ChosenCommand(const CLI::App& app) {
  const CLI::App* part = &app;
  while (!part->get_subcommands().empty()) part = part->get_subcommands().front();
  return *part;
}

// "see sotto model seal --help": that of the command as far as it was understood.
std::string SeeHelp(const CLI::App& app) {
  std::string command = app.get_name();
  for (const CLI::App* part = &app; !part->get_subcommands().empty();) {
    part = part->get_subcommands().front();
    command += " " + part->get_name();
  }
  return StrCat(" (see ", command, " --help)");
}

// Names what was not understood, but for words that may be part of a prompt that lacks its quotes.
std::string UnexpectedArgument(const CLI::App& app) {
  const std::string argument = app.remaining(true).front();
  const std::string word = argument.substr(0, argument.find('='));
  if (argument.starts_with('-')) {
    return StrCat("unknown flag ", Printable(word), DidYouMean(ChosenCommand(app), word));
  }
  if (ChosenCommand(app).get_subcommands([](const CLI::App*) { return true; }).size() > 0) {
    return StrCat("unknown command ", Printable(argument), DidYouMean(ChosenCommand(app), word));
  }
  const CLI::App& command = ChosenCommand(app);
  if (command.get_option_no_throw("--prompt") == nullptr) {
    return StrCat("unexpected argument ", Printable(argument));
  }
  return "unexpected argument (quote a prompt that contains spaces)";
}

// Parses the command line; `invocation` is then filled. Help and errors are dealt with here.
// Returns whether the program goes on; if not, `exit_code` is set.
bool Parse(CLI::App& app, int argc, const char* const* argv, int& exit_code) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
  } catch (const CLI::ExtrasError&) {
    PrintError(StrCat(UnexpectedArgument(app), SeeHelp(app)));
    exit_code = kBadCommandLine;
  } catch (const CLI::ParseError& error) {
    PrintError(StrCat(DescribeParseError(error), SeeHelp(app)));
    exit_code = kBadCommandLine;
  }
  return false;
}

void PrintSurroundings() {
  const PlatformReport report = DetectPlatform();
  std::printf("cpu: %s\n", CpuFeatureString().c_str());
  std::printf("tee: %s (%s)\n", std::string(PlatformName(report.platform)).c_str(),
              DescribePlatform(report).c_str());
}

void PrintVersion(const AppSpec& spec) { std::printf("%s %s\n", spec.name, SOTTO_VERSION); }

// `sotto help` and `sotto version`, as other programs have them; the help names the flags alone.
void AddWordsForFlags(CLI::App& app, const AppSpec& spec, Invocation& invocation) {
  const auto add = [&](const char* name, std::function<void()> print) {
    app.add_subcommand(name)->group("")->callback([&invocation, print = std::move(print)] {
      invocation.run = [print] {
        print();
        return absl::OkStatus();
      };
    });
  };
  add("help", [&app] {
    const auto formatter = app.get_formatter();
    std::fputs(formatter->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal).c_str(),
               stdout);
  });
  add("version", [&spec] { PrintVersion(spec); });
}

int Run(const AppSpec& spec, int argc, const char* const* argv) {
  CLI::App app(spec.description, spec.name);
  app.formatter(std::make_shared<HelpFormatter>());  // Commands inherit it.
  bool version = false, verbose = false;
  app.add_flag("--version", version, "Print the version and exit");
  app.add_flag("--verbose", verbose,
               "With --version: also print the processor and the TEE, if any");
  Invocation invocation;
  spec.add(app, invocation);
  const bool has_commands = !app.get_subcommands([](const CLI::App*) { return true; }).empty();
  if (has_commands) AddWordsForFlags(app, spec, invocation);
  int exit_code = 0;
  if (!Parse(app, argc, argv, exit_code)) return exit_code;
  if (version) {
    PrintVersion(spec);
    if (verbose) PrintSurroundings();
    return 0;
  }
  if (verbose) return Fail(UsageError("--verbose: has no effect without --version"));
  if (!invocation.run) {
    return Fail(UsageError(StrCat("no command given (see ", spec.name, " --help)")));
  }
  absl::Status status = invocation.run();
  if (const std::optional<std::string> program = ProgramNeeded(status)) {
    status = BecomeProgram(*program, {argv + 1, argv + argc});
  }
  return status.ok() ? 0 : Fail(status);
}

// What was printed may still be on its way.
int EndOutput(int exit_code) {
  const int error = std::fflush(stdout) == 0 ? 0 : errno;
  if (error == EPIPE) EndByBrokenPipe();
  if (error == 0 || exit_code != 0) return exit_code;
  return Fail(FileError("standard output", "cannot write", error));
}

}  // namespace

int RunApp(const AppSpec& spec, int argc, const char* const* argv) {
  try {
    ForbidCoreDumps();
    RemoveDebugVariables();
    ReserveStandardDescriptors();
    RaiseDescriptorLimit();
    ExitWhenMemoryRunsOut();
    TurnWriteSignalsIntoErrors();
    RemoveTemporaryFilesOnSignals();
    RouteLibraryLogs([](std::string_view line) { Log(LogLevel::kDebug, line); });
    return EndOutput(Run(spec, argc, argv));
  } catch (const std::bad_alloc&) {
    PrintError("out of memory");
  } catch (const std::system_error& error) {
    // Of the standard library's, threads alone throw it.
    PrintError(StrCat("cannot start a thread: ", error.code().message()));
  } catch (const std::exception& error) {
    PrintError(StrCat("internal error: ", error.what()));
  }
  return kFailure;
}

}  // namespace sotto
