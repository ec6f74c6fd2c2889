#include "cli/provision_command.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "attest/ed25519.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret_buffer.h"
#include "base/strings.h"
#include "base/wiping_allocator.h"
#include "cli/service_trust_flags.h"
#include "cli/setting.h"
#include "connect/provisioner.h"
#include "model/sealed_chunk.h"
#include "trusted/identity/tls_key.h"
#include "trusted/service/api_keys.h"

namespace sotto {
namespace {

constexpr int64_t kLongestWait = 86'400;

struct ProvisionFlags {
  ServiceTrustFlags trust;
  std::string model_key_file, api_key_file, tls_names, owner_key;
  int64_t timeout = 600;
  bool json = false;
};

SecretString HexOf(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  SecretString digits;
  for (const uint8_t byte : bytes) {
    digits += kDigits[byte >> 4];
    digits += kDigits[byte & 15];
  }
  return digits;
}

absl::Status ReadModelKey(const std::string& file, ProvisionedKeys& keys) {
  if (file.empty()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const SecretBuffer key, ReadKeyFile(InputPath(file)));
  keys.model_key = HexOf(key.span());
  return absl::OkStatus();
}

absl::Status ReadApiKeys(const std::string& file, ProvisionedKeys& keys) {
  if (file.empty()) return absl::OkStatus();
  const std::string path = InputPath(file);
  SOTTO_ASSIGN_OR_RETURN(std::string text, ReadFileOrPipe(path, kSmallFileBytes));
  absl::Status valid = ApiKeys::Parse(text).status();
  for (const std::string_view key : ApiKeys::Of(text)) keys.api_keys.emplace_back(key);
  WipeContents(text);
  if (valid.ok()) return valid;
  return absl::InvalidArgumentError(StrCat(DisplayName(path), ": ", ToStd(valid.message())));
}

absl::Status ReadTlsNames(const std::string& list, ProvisionedKeys& keys) {
  if (list.empty()) return absl::OkStatus();
  for (const std::string_view name : SplitCommas(list)) {
    if (const absl::Status valid = CheckTlsName(name); !valid.ok()) {
      return UsageError(StrCat("--tls-name: ", ToStd(valid.message())));
    }
    keys.tls_names.emplace_back(name);
  }
  return absl::OkStatus();
}

absl::StatusOr<ProvisionedKeys> ReadProvisionedKeys(const ProvisionFlags& flags) {
  if (flags.model_key_file.empty() && flags.api_key_file.empty() && flags.tls_names.empty()) {
    return UsageError("--model-key-file, --api-key-file and --tls-name: one of them is needed");
  }
  ProvisionedKeys keys;
  SOTTO_RETURN_IF_ERROR(ReadTlsNames(flags.tls_names, keys));
  SOTTO_RETURN_IF_ERROR(ReadModelKey(flags.model_key_file, keys));
  SOTTO_RETURN_IF_ERROR(ReadApiKeys(flags.api_key_file, keys));
  if (keys.api_keys.empty()) {
    Log(LogLevel::kWarning, "--api-key-file: not given, so that everybody may call the service");
  }
  return keys;
}

absl::StatusOr<std::optional<Ed25519Key>> ReadOwnerKey(const std::string& file) {
  if (file.empty()) return std::optional<Ed25519Key>();
  const std::string path = InputPath(file);
  SOTTO_ASSIGN_OR_RETURN(std::string text, ReadFileOrPipe(path, kSmallFileBytes));
  absl::StatusOr<Ed25519Key> key = Ed25519Key::FromPem(text);
  WipeContents(text);
  if (key.ok()) return std::optional<Ed25519Key>(*std::move(key));
  return absl::InvalidArgumentError(StrCat(DisplayName(path), ": ", ToStd(key.status().message())));
}

std::string FormatProvisioning(const ProvisioningOutcome& outcome, const VerdictFormat& format) {
  std::string text = FormatServiceVerdict(outcome.verdict, format);
  if (outcome.verdict.accepted()) {
    text += StrCat("provisioned: keyset ", outcome.keyset_digest, ", TLS key ",
                   outcome.tls_spki_sha256, "\n");
  }
  return text;
}

absl::Status RunProvision(const ProvisionFlags& flags,
                          const std::function<void(ConnectOptions&)>& for_tests) {
  const NamedFiles files{.inputs = {{"--model-key-file", InputPath(flags.model_key_file)},
                                    {"--api-key-file", InputPath(flags.api_key_file)},
                                    {"--owner-key", InputPath(flags.owner_key)}}};
  SOTTO_ASSIGN_OR_RETURN(ConnectOptions options, ReadServiceTrust(flags.trust, files));
  if (for_tests) for_tests(options);
  SOTTO_ASSIGN_OR_RETURN(const ProvisionedKeys keys, ReadProvisionedKeys(flags));
  SOTTO_ASSIGN_OR_RETURN(const std::optional<Ed25519Key> owner, ReadOwnerKey(flags.owner_key));
  const absl::StatusOr<ProvisioningOutcome> outcome =
      ProvisionService(options, keys,
                       {.timeout = std::chrono::seconds(flags.timeout),
                        .owner_key = owner.has_value() ? &*owner : nullptr});
  SOTTO_RETURN_IF_ERROR(AsRefusal(InTrustFlags(outcome.status())));
  const VerdictFormat format = FormatOf(flags.trust);
  return PrintServiceVerdict(outcome->verdict,
                             flags.json ? ProvisioningToJson(*outcome, keys, format) + "\n"
                                        : FormatProvisioning(*outcome, format));
}

}  // namespace

void AddProvisionCommand(CLI::App& app, Invocation& invocation,
                         const std::function<void(ConnectOptions&)>& for_tests) {
  CLI::App* const command = app.add_subcommand(
      "provision", "Verify a service in a TEE, and hand it the keys that it waits for");
  const auto flags = std::make_shared<ProvisionFlags>();
  AddServiceTrustFlags(*command, flags->trust);
  command
      ->add_option("--model-key-file", flags->model_key_file,
                   "The key of its encrypted sealed model: 32 bytes, or 64 hex digits; - for "
                   "standard input")
      ->type_name("FILE");
  command
      ->add_option("--api-key-file", flags->api_key_file,
                   "The keys that its clients must show, one a line (none: everybody may call)")
      ->type_name("FILE");
  command
      ->add_option("--tls-name", flags->tls_names,
                   "Names that its certificate is made again for (those that it has)")
      ->type_name("NAME[,NAME]");
  command
      ->add_option("--owner-key", flags->owner_key,
                   "PEM file with the private key (Ed25519) of the public one that the service was "
                   "started with (none)")
      ->type_name("FILE");
  command
      ->add_option("--timeout", flags->timeout,
                   "How long it may take to open its model with the key (600)")
      ->type_name("SECONDS")
      ->check(CLI::Range(int64_t{1}, kLongestWait));
  command->add_flag("--json", flags->json,
                    "Print the verdict, and what was handed over, as one JSON object");
  command->callback([&invocation, flags, for_tests, command] {
    invocation.run = [flags, for_tests, command]() -> absl::Status {
      SOTTO_RETURN_IF_ERROR(CheckValuesGiven(*command));
      return RunProvision(*flags, for_tests);
    };
  });
}

}  // namespace sotto
