#include "cli/verify_receipt_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "base/file.h"
#include "base/strings.h"
#include "base/terminal_text.h"
#include "cli/named_files.h"
#include "cli/setting.h"
#include "model/sha256.h"
#include "sotto/receipt.h"

namespace sotto {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t kEvidenceLimitBytes = size_t{1} << 24, kBodyLimitBytes = size_t{1} << 30;

struct VerifyReceiptFlags {
  std::string receipt, keyset, request, response, model_sha256;
  bool json = false;
};

std::string FormatReceipt(const ReceiptVerdict& verdict) {
  const auto shown = [](std::string_view text) { return TerminalText(text.substr(0, 200)); };
  std::string text =
      StrCat(verdict.accepted() ? "accepted" : "refused", ": receipt ", shown(verdict.receipt_id),
             ", keyset ", shown(verdict.keyset_digest), "\n");
  const auto line = [&](std::string_view name, std::string_view value) {
    text += StrCat("  ", name, std::string(13 - name.size(), ' '), shown(value), "\n");
  };
  for (const ReceiptReason& reason : verdict.reasons) {
    line("reason", StrCat(ReceiptFaultName(reason.fault), ": ", reason.detail));
  }
  line("signed by", verdict.key_id);
  line("served",
       StrCat(verdict.method, " ", verdict.endpoint, ", ", verdict.served_at, " s after 1970"));
  line("model", verdict.model.value_or("none"));
  if (verdict.model_sha256.has_value()) line("model digest", *verdict.model_sha256);
  line("request", verdict.request_sha256);
  line("response", verdict.response_sha256);
  return text;
}

std::string ReceiptToJson(const ReceiptVerdict& verdict) {
  json object = {{"accepted", verdict.accepted()}, {"reasons", json::array()}};
  for (const ReceiptReason& reason : verdict.reasons) {
    object["reasons"].push_back(
        {{"id", ReceiptFaultName(reason.fault)}, {"detail", reason.detail}});
  }
  object["receipt_id"] = verdict.receipt_id;
  object["workload_keyset_digest"] = verdict.keyset_digest;
  object["key_id"] = verdict.key_id;
  object["method"] = verdict.method;
  object["endpoint"] = verdict.endpoint;
  object["served_at"] = verdict.served_at;
  object["model"] = verdict.model.has_value() ? json(*verdict.model) : json();
  object["model_sha256"] = verdict.model_sha256.has_value() ? json(*verdict.model_sha256) : json();
  object["request_body_hash"] = verdict.request_sha256;
  object["response_body_hash"] = verdict.response_sha256;
  object["events"] = verdict.events;
  return object.dump() + "\n";
}

absl::StatusOr<std::optional<std::string>> BodyOf(const std::string& path) {
  if (path.empty()) return std::nullopt;
  return ReadFileOrPipe(InputPath(path), kBodyLimitBytes);
}

absl::StatusOr<std::optional<std::string>> ModelOf(const VerifyReceiptFlags& flags) {
  if (flags.model_sha256.empty()) return std::nullopt;
  if (IsSha256Hex(flags.model_sha256)) return absl::AsciiStrToLower(flags.model_sha256);
  return UsageError("--model-sha256: must be 64 hexadecimal digits");
}

absl::Status CheckInputs(const VerifyReceiptFlags& flags) {
  NamedFiles files{.outputs = {{"standard output", "/dev/stdout"}}};
  for (const auto& [flag, path] : {std::pair("--receipt", &flags.receipt),
                                   {"--keyset", &flags.keyset},
                                   {"--request", &flags.request},
                                   {"--response", &flags.response}}) {
    if (!path->empty()) files.inputs.push_back({flag, InputPath(*path)});
  }
  return files.CheckApart();
}

absl::Status RunVerifyReceipt(const VerifyReceiptFlags& flags) {
  SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string> model, ModelOf(flags));
  SOTTO_RETURN_IF_ERROR(CheckInputs(flags));
  SOTTO_ASSIGN_OR_RETURN(const std::string keyset,
                         ReadFileOrPipe(InputPath(flags.keyset), kEvidenceLimitBytes));
  SOTTO_ASSIGN_OR_RETURN(const std::string receipt,
                         ReadFileOrPipe(InputPath(flags.receipt), kEvidenceLimitBytes));
  SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string> request, BodyOf(flags.request));
  SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string> response, BodyOf(flags.response));
  const auto verdict = VerifyReceipt(
      receipt, keyset, {.request_body = request, .response_body = response, .model_sha256 = model});
  if (!verdict.ok()) {
    return absl::InvalidArgumentError(StrCat("--keyset: ", DisplayName(InputPath(flags.keyset)),
                                             ": ", ToStd(verdict.status().message())));
  }
  const std::string text = flags.json ? ReceiptToJson(*verdict) : FormatReceipt(*verdict);
  std::fputs(text.c_str(), stdout);
  if (verdict->accepted()) return absl::OkStatus();
  const size_t count = verdict->reasons.size();
  return RefusedVerdict(
      StrCat("the receipt is refused, for ", count, count == 1 ? " reason" : " reasons"));
}

}  // namespace

void AddVerifyReceiptCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* const command = app.add_subcommand(
      "verify-receipt", "Check a service's signed receipt for one request (ACI, aci/1)");
  const auto flags = std::make_shared<VerifyReceiptFlags>();
  command->add_option("--receipt", flags->receipt, "The receipt, JSON")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--keyset", flags->keyset,
                   "The keyset, or the attestation report that holds it, JSON, checked before")
      ->type_name("FILE")
      ->required();
  command->add_option("--request", flags->request, "The body that was sent (not checked)")
      ->type_name("FILE");
  command->add_option("--response", flags->response, "The body that came back (not checked)")
      ->type_name("FILE");
  command
      ->add_option("--model-sha256", flags->model_sha256,
                   "The model's digest, as sotto model inspect prints it (not checked)")
      ->type_name("HEX");
  command->add_flag("--json", flags->json, "Print the verdict as one JSON object");
  command->callback([&invocation, flags, command] {
    invocation.run = [flags, command]() -> absl::Status {
      SOTTO_RETURN_IF_ERROR(CheckValuesGiven(*command));
      return RunVerifyReceipt(*flags);
    };
  });
}

}  // namespace sotto
