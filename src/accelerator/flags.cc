#include "accelerator/flags.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "accelerator/event_log.h"
#include "base/command_line.h"
#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "model/printable.h"
#include "protocol/endpoint.h"
#include "protocol/own_certificate.h"

namespace sotto {
namespace {

constexpr size_t kMaxPemBytes = size_t{1} << 20;
// A window below this could not hold one row of a large model's lm_head.
constexpr uint64_t kMinWindowBytes = uint64_t{1} << 20;

struct RawFlags {
  std::string tls_cert, tls_key, client_ca, metrics, precision = "fastest", log_level = "info";
  std::vector<std::string> formats = {"float", "ring"};
  int64_t drain_seconds = 30, session_idle_seconds = 600;
};

void AddFlags(CLI::App& app, AcceleratorFlags& flags, RawFlags& raw) {
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag("--version", SOTTO_VERSION, "Print the version and exit");
  app.add_option("--model", flags.model_dir, "Model directory")
      ->type_name("DIR")
      ->envname("LLAMA_MODEL_PATH")
      ->required();
  app.add_option("--listen", flags.server.listen, "Address to serve on: HOST:PORT or unix:PATH")
      ->type_name("ENDPOINT")
      ->capture_default_str();
  app.add_option("--device", flags.devices, "Device: cpu, opencl:I or cuda:I; repeatable")
      ->type_name("DEVICE")
      ->capture_default_str();
  app.add_option("--threads", flags.device_options.threads,
                 "Number of threads of the cpu device; 0: all processors")
      ->type_name("N")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option(
         "--precision", raw.precision,
         "Operands for clients that ask for bf16: f32, or fastest (bf16 or f16 where the device "
         "is faster with them); clients that ask for f32 get f32")
      ->type_name("P")
      ->check(CLI::IsMember({"f32", "fastest"}))
      ->capture_default_str();
  app.add_option("--formats", raw.formats, "Number formats to serve: float, ring (both)")
      ->type_name("F,F")
      ->delimiter(',')
      ->check(CLI::IsMember({"float", "ring"}));
  app.add_flag("--preload,!--no-preload", flags.preload,
               "Load all layers at startup, or each when it is first needed");
  app.add_option("--tls-cert", raw.tls_cert, "PEM file with the server's certificate chain")
      ->type_name("FILE");
  app.add_option("--tls-key", raw.tls_key, "PEM file with the private key of --tls-cert")
      ->type_name("FILE");
  app.add_option("--client-ca", raw.client_ca,
                 "PEM file with the authority that must have signed clients' certificates")
      ->type_name("FILE");
  app.add_option("--max-sessions", flags.server.service.limits.max_sessions,
                 "Maximum number of sessions")
      ->type_name("N")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--session-idle-seconds", raw.session_idle_seconds,
                 "Seconds after which an idle session is closed")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 604800))
      ->capture_default_str();
  app.add_option("--max-connections", flags.server.max_connections,
                 "Maximum number of connections, at most half of them from one peer; fewer if the "
                 "limit of open files requires it")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--max-inflight-bytes", flags.server.service.limits.max_inflight_bytes,
                 "Maximum bytes of requests, answers and relayed products held at once, over all "
                 "sessions")
      ->type_name("BYTES")
      ->capture_default_str();
  app.add_option("--shm-dir", flags.server.service.shm_directory,
                 "Directory for memory shared with clients on this host; \"\" to share none")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_flag("--relay,!--no-relay", flags.server.service.relay.enabled,
               "Allow relays between accelerators, or refuse them (allowed)");
  app.add_option("--relay-to", flags.server.service.relay.policy.targets,
                 "HOST:PORT of an accelerator that clients may have products relayed to; "
                 "repeatable (none; with --client-ca, any at a public address)")
      ->type_name("ENDPOINT");
  app.add_option("--metrics", raw.metrics, "HOST:PORT to serve Prometheus metrics on")
      ->type_name("ENDPOINT");
  app.add_flag("--reflection,!--no-reflection", flags.server.reflection,
               "Serve gRPC reflection, for debugging only: any client can exhaust its threads "
               "(off)");
  app.add_option("--drain-seconds", raw.drain_seconds,
                 "Seconds that running sessions get to finish after SIGTERM")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  app.add_option("--log-level", raw.log_level, "Log level: error, warning, info or debug")
      ->type_name("LEVEL")
      ->capture_default_str();
}

absl::Status Wrong(std::string_view flag, const absl::Status& status) {
  return absl::InvalidArgumentError(StrCat(flag, ": ", ToStd(status.message())));
}

// The PEM file of `flag`, which must pass `check`; empty when the flag was not given.
template <typename Check>
absl::StatusOr<std::string> ReadPem(std::string_view flag, const std::string& path, Check check) {
  if (path.empty()) return std::string();
  SOTTO_ASSIGN_OR_RETURN(std::string pem, ReadFile(path, kMaxPemBytes));
  const absl::Status status = check(pem);
  if (status.ok()) return pem;
  return absl::InvalidArgumentError(StrCat(flag, " ", path, ": ", ToStd(status.message())));
}

absl::Status FillTls(const RawFlags& raw, ServerOptions& options) {
  if (raw.tls_cert.empty() != raw.tls_key.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key: must be given together");
  }
  if (raw.tls_cert.empty()) {
    if (raw.client_ca.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("--client-ca: requires --tls-cert and --tls-key");
  }
  ServerTls& tls = options.tls.emplace();
  SOTTO_ASSIGN_OR_RETURN(tls.certificate_chain,
                         ReadPem("--tls-cert", raw.tls_cert, CheckCertificates));
  SOTTO_ASSIGN_OR_RETURN(tls.private_key,
                         ReadPem("--tls-key", raw.tls_key, [&](const std::string& key) {
                           return CheckKeyOfCertificate(tls.certificate_chain, key);
                         }));
  SOTTO_ASSIGN_OR_RETURN(tls.client_roots,
                         ReadPem("--client-ca", raw.client_ca, CheckCertificates));
  // Clients that pin the key do not mind.
  const absl::Status valid = CheckValidNow(tls.certificate_chain);
  if (!valid.ok()) {
    LogEvent(LogLevel::kWarning, "certificate_not_valid",
             {{"why", std::string(ToStd(valid.message()))}});
  }
  options.service.relay.identity.certificate_chain = tls.certificate_chain;
  options.service.relay.identity.private_key = tls.private_key;
  return absl::OkStatus();
}

absl::Status CheckAddress(std::string_view flag, const std::string& address) {
  const absl::Status status = CheckEndpoint(address, /*for_listening=*/true);
  return status.ok() ? status : Wrong(flag, status);
}

absl::Status Fill(const RawFlags& raw, AcceleratorFlags& flags) {
  const absl::StatusOr<LogLevel> level = ParseLogLevel(raw.log_level);
  if (!level.ok()) return Wrong("--log-level", level.status());
  SetLogLevel(*level);
  SOTTO_RETURN_IF_ERROR(CheckAddress("--listen", flags.server.listen));
  if (!raw.metrics.empty()) SOTTO_RETURN_IF_ERROR(CheckAddress("--metrics", raw.metrics));
  SOTTO_RETURN_IF_ERROR(FillTls(raw, flags.server));
  for (const std::string& target : flags.server.service.relay.policy.targets) {
    if (const absl::Status status = CheckRelayTarget(target); !status.ok()) {
      return absl::InvalidArgumentError(StrCat("--relay-to ", ToStd(status.message())));
    }
  }
  flags.server.service.formats.clear();
  for (const std::string& name : raw.formats) {
    std::vector<DeviceFormat>& formats = flags.server.service.formats;
    if (name == "ring") {
      formats.push_back(DeviceFormat::kRing);
    } else {
      formats.insert(formats.end(), {DeviceFormat::kF32, DeviceFormat::kBf16});
    }
  }
  flags.device_options.precision =
      raw.precision == "f32" ? FloatPrecision::kF32 : FloatPrecision::kFastest;
  if (!raw.metrics.empty()) flags.server.metrics = raw.metrics;
  flags.server.service.idle_timeout = std::chrono::seconds(raw.session_idle_seconds);
  flags.drain_timeout = std::chrono::seconds(raw.drain_seconds);
  if (flags.server.service.limits.window_bytes() < kMinWindowBytes) {
    return absl::InvalidArgumentError(
        StrCat("--max-inflight-bytes: must be at least ",
               kMinWindowBytes * kWindowsPerSession * 5 / 4 *
                   static_cast<uint64_t>(flags.server.service.limits.max_sessions),
               " for ", flags.server.service.limits.max_sessions, " sessions"));
  }
  return absl::OkStatus();
}

// What nobody expected comes first: a misspelt flag would be a missing one to the parser.
std::string WhatIsWrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unexpected = app.remaining();
  if (unexpected.empty()) return DescribeParseError(error);
  const std::string& argument = unexpected.front();
  if (!argument.starts_with('-')) return StrCat("unexpected argument ", Printable(argument));
  const std::string flag = argument.substr(0, argument.find('='));
  return StrCat("unknown flag ", Printable(flag), DidYouMean(app, flag));
}

}  // namespace

absl::StatusOr<std::optional<AcceleratorFlags>> ParseAcceleratorFlags(int argc,
                                                                      const char* const* argv,
                                                                      std::string* information) {
  CLI::App app{"Untrusted server that multiplies for sotto (see THREAT_MODEL.md)",
               "sotto-accelerator"};
  AcceleratorFlags flags;
  RawFlags raw;
  AddFlags(app, flags, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    *information = app.help();
    return std::nullopt;
  } catch (const CLI::CallForVersion&) {
    *information = StrCat("sotto-accelerator ", SOTTO_VERSION, "\n");
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    return absl::InvalidArgumentError(
        StrCat(WhatIsWrong(app, e), " (see sotto-accelerator --help)"));
  }
  SOTTO_RETURN_IF_ERROR(Fill(raw, flags));
  return flags;
}

absl::Status WithFlagName(const absl::Status& status) {
  const std::string_view message = ToStd(status.message());
  for (const std::string_view option : {"listen:", "metrics:"}) {
    if (!message.starts_with(option)) continue;
    return absl::Status(status.code(), ToAbsl(StrCat("--", message)));
  }
  return status;
}

}  // namespace sotto
