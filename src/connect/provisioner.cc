#include "connect/provisioner.h"

#include <exception>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "attest/json_object.h"
#include "attest/provision_statement.h"
#include "base/strings.h"
#include "base/terminal_text.h"
#include "connect/coroutines.h"
#include "connect/service_connection.h"
#include "connect/service_questions.h"

namespace sotto {
namespace {

using SecretJson = nlohmann::basic_json<std::map, std::vector, SecretString, bool, int64_t,
                                        uint64_t, double, WipingAllocator>;

constexpr unsigned kTaken = 200, kNoSuchPath = 404, kTakenBefore = 409, kTooMany = 429,
                   kServersFault = 500;

SecretString DocumentOf(const ProvisionedKeys& keys) {
  SecretJson document = {{"purpose", "sotto.provision.v1"}};
  if (!keys.model_key.empty()) document["model_key"] = keys.model_key;
  for (const SecretString& key : keys.api_keys) document["api_keys"].push_back(key);
  for (const std::string& name : keys.tls_names) {
    document["tls_names"].push_back(SecretString(name));
  }
  return document.dump(-1, ' ', false, SecretJson::error_handler_t::replace);
}

// What an error of OpenAI's shape says.
std::string MessageOf(const ControlReply& reply) {
  const absl::StatusOr<JsonObject> root = JsonObject::Parse(reply.body);
  if (!root.ok()) return StrCat("HTTP ", reply.status);
  const absl::StatusOr<JsonObject> error = root->Object("error");
  if (!error.ok()) return StrCat("HTTP ", reply.status);
  const absl::StatusOr<std::string> message = error->Text("message");
  return message.ok() ? TerminalText(*message) : StrCat("HTTP ", reply.status);
}

absl::Status RefusalOf(const ControlReply& reply) {
  const std::string message = StrCat("the service: ", MessageOf(reply));
  if (reply.status == kTakenBefore) {
    return absl::AlreadyExistsError(
        StrCat(message,
               "; whoever gave it those keys, it was not this command (unless the answer to "
               "an earlier one was lost)"));
  }
  if (reply.status == kNoSuchPath) {
    return absl::FailedPreconditionError(StrCat(message, "; it does not wait for keys"));
  }
  const bool later = reply.status == kTooMany || reply.status >= kServersFault;
  return later ? absl::UnavailableError(message) : absl::FailedPreconditionError(message);
}

absl::Status ReadOutcome(const ControlReply& reply, ProvisioningOutcome& outcome) {
  if (reply.status != kTaken) return RefusalOf(reply);
  SOTTO_ASSIGN_OR_RETURN(const JsonObject root, JsonObject::Parse(reply.body));
  SOTTO_ASSIGN_OR_RETURN(const std::string digest, root.Text("workload_keyset_digest"));
  SOTTO_ASSIGN_OR_RETURN(const std::string key, root.Text("tls_spki_sha256"));
  outcome.keyset_digest = TerminalText(digest);
  outcome.tls_spki_sha256 = TerminalText(key);
  return absl::OkStatus();
}

// With the owner's signature over this request on this connection, where there is a key.
absl::Status Authorize(ServiceConnection& connection, const ProvisioningTerms& terms,
                       ControlRequest& request) {
  if (terms.owner_key == nullptr) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const std::string exporter, connection.Exporter());
  SOTTO_ASSIGN_OR_RETURN(request.authorization,
                         ProvisionAuthorization(exporter, request.body, *terms.owner_key));
  return absl::OkStatus();
}

// All that it uses outlives it.
asio::awaitable<absl::StatusOr<ProvisioningOutcome>> HandKeysOver(asio::io_context& io,
                                                                  asio::ssl::context& tls,
                                                                  const ConnectOptions& options,
                                                                  const ProvisionedKeys& keys,
                                                                  const ProvisioningTerms& terms) {
  ServiceConnection connection(io, tls, options);
  const absl::Status opened = co_await connection.Open();
  if (!opened.ok()) co_return opened;
  absl::StatusOr<ServiceVerdict> verdict = co_await AskForItself(connection, options);
  if (!verdict.ok()) co_return verdict.status();
  ProvisioningOutcome outcome{.verdict = *std::move(verdict)};
  if (!outcome.verdict.accepted()) co_return outcome;
  ControlRequest request{.method = http::verb::post,
                         .target = "/v1/aci/provision",
                         .body = DocumentOf(keys),
                         .timeout = terms.timeout};
  const absl::Status authorized = Authorize(connection, terms, request);
  if (!authorized.ok()) co_return authorized;
  const absl::StatusOr<ControlReply> reply = co_await connection.Ask(std::move(request));
  if (!reply.ok()) {
    co_return absl::Status(
        reply.status().code(),
        StrCat(ToStd(reply.status().message()),
               "; it may have taken the keys all the same: only a new start lets "
               "them be brought again"));
  }
  const absl::Status read = ReadOutcome(*reply, outcome);
  if (!read.ok()) co_return read;
  co_return outcome;
}

}  // namespace

absl::StatusOr<ProvisioningOutcome> ProvisionService(const ConnectOptions& options,
                                                     const ProvisionedKeys& keys,
                                                     const ProvisioningTerms& terms) {
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<asio::ssl::context> tls, MakeServiceTls(options));
  asio::io_context io{1};
  absl::StatusOr<ProvisioningOutcome> result = absl::InternalError("no memory");
  asio::co_spawn(
      io, HandKeysOver(io, *tls, options, keys, terms),
      [&result](const std::exception_ptr& failed, absl::StatusOr<ProvisioningOutcome> outcome) {
        if (failed == nullptr) result = std::move(outcome);
      });
  io.run();
  return result;
}

}  // namespace sotto
