#include "protocol/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <algorithm>
#include <atomic>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kMaxLineLength = 1000;

std::atomic<LibraryLogSink> g_sink{nullptr};

void OnGrpcLine(gpr_log_func_args* args) {
  // gRPC asks whether a line is wanted; a tracer does not.
  if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
  g_sink.load()(TidyLogLine("grpc", args->message));
}

void OnProtobufLine(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  g_sink.load()(TidyLogLine("protobuf", message));
}

}  // namespace

void RouteLibraryLogs(LibraryLogSink sink) {
  g_sink.store(sink);
  gpr_set_log_function(OnGrpcLine);
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  google::protobuf::SetLogHandler(OnProtobufLine);
}

std::string TidyLogLine(std::string_view library, std::string_view text) {
  std::string line = StrCat(library, ": ", text.substr(0, kMaxLineLength));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

}  // namespace sotto
