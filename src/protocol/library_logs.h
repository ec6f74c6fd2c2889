// What gRPC and libprotobuf would print on stderr themselves, in a format of their own and with
// whatever a peer sent, as lines for our log.
#ifndef SOTTO_PROTOCOL_LIBRARY_LOGS_H_
#define SOTTO_PROTOCOL_LIBRARY_LOGS_H_

#include <string>
#include <string_view>

namespace sotto {

// Gets one line: "grpc: ..." or "protobuf: ...", printable ASCII, cut to a reasonable length.
// Called from any thread, possibly with a lock of gRPC's held: it must not call gRPC.
using LibraryLogSink = void (*)(std::string_view line);

// For the whole process, from now on; the libraries' errors only, whatever the environment asks
// for (GRPC_VERBOSITY, GRPC_TRACE). Call it before gRPC is used.
void RouteLibraryLogs(LibraryLogSink sink);

// `text` as such a line: without what a terminal would interpret.
std::string TidyLogLine(std::string_view library, std::string_view text);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_LIBRARY_LOGS_H_
