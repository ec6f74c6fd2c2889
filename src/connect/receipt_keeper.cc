#include "connect/receipt_keeper.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/check.h"
#include "base/file.h"
#include "base/strings.h"
#include "base/terminal_text.h"
#include "sotto/receipt.h"

namespace sotto {
namespace {

constexpr size_t kLongestId = 128;
constexpr mode_t kOwnerOnly = 0700;

class ReceiptReasons {
 public:
  void Add(std::string_view id, std::string_view detail) {
    text_ += StrCat(text_.empty() ? "" : "; ", id, " (", TerminalText(detail), ")");
  }
  void UnlessEqual(std::string_view id, std::string_view stated, std::string_view expected) {
    if (stated == expected) return;
    Add(id, StrCat("it states ", stated.substr(0, kLongestId), ", not ", expected));
  }
  absl::Status ToStatus() const {
    if (text_.empty()) return absl::OkStatus();
    return absl::PermissionDeniedError(StrCat("the receipt is refused: ", text_));
  }

 private:
  std::string text_;
};

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

absl::Status WriteOwned(const std::string& path, std::string_view text) {
  return WriteFileAtomically(path, text, {.owner_only = true});
}

}  // namespace

BodyHash::BodyHash() : context_(EVP_MD_CTX_new()) {
  SOTTO_CHECK(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void BodyHash::Add(std::string_view bytes) {
  SOTTO_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string BodyHash::Finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  SOTTO_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
  return "sha256:" + absl::BytesToHexString(
                         absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

bool IsReceiptId(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && id.front() != '.' &&
         std::ranges::all_of(id, [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ||
                  c == '.';
         });
}

absl::Status ReceiptKeeper::Prepare(const std::string& dir) {
  if (mkdir(dir.c_str(), kOwnerOnly) != 0 && errno != EEXIST) {
    return FileError(dir, "cannot be made", errno);
  }
  struct stat found {};
  if (stat(dir.c_str(), &found) != 0) return FileError(dir, "cannot be read", errno);
  if (!S_ISDIR(found.st_mode)) {
    return absl::InvalidArgumentError(StrCat(dir, ": is not a directory"));
  }
  if (access(dir.c_str(), W_OK | X_OK) != 0) return FileError(dir, "cannot be written to", errno);
  return absl::OkStatus();
}

absl::Status ReceiptKeeper::KeepReport(std::string_view keyset_digest, std::string_view report,
                                       std::string_view nonce) const {
  const std::string stem =
      StrCat(dir_, "/keyset-", keyset_digest.substr(keyset_digest.find(':') + 1));
  if (Exists(stem + ".json")) return absl::OkStatus();
  SOTTO_RETURN_IF_ERROR(WriteOwned(stem + ".nonce", StrCat(nonce, "\n")));
  return WriteOwned(stem + ".json", report);
}

absl::Status ReceiptKeeper::Keep(std::string_view receipt, const WorkloadKeyset& keyset,
                                 const ReceiptedExchange& exchange) const {
  SOTTO_ASSIGN_OR_RETURN(const ReceiptVerdict verdict,
                         VerifyReceipt(receipt, keyset.json().dump()));
  ReceiptReasons reasons;
  for (const ReceiptReason& reason : verdict.reasons) {
    reasons.Add(ReceiptFaultName(reason.fault), reason.detail);
  }
  reasons.UnlessEqual("receipt_id", verdict.receipt_id, exchange.receipt_id);
  reasons.UnlessEqual("method", verdict.method, exchange.method);
  reasons.UnlessEqual("endpoint", verdict.endpoint, exchange.path);
  reasons.UnlessEqual("request_mismatch", verdict.request_sha256, exchange.request_sha256);
  reasons.UnlessEqual("response_mismatch", verdict.response_sha256, exchange.response_sha256);
  const std::string path = StrCat(dir_, "/", exchange.receipt_id, ".json");
  if (Exists(path)) reasons.Add("receipt_id", "another receipt had this id");
  SOTTO_RETURN_IF_ERROR(reasons.ToStatus());
  return WriteOwned(path, receipt);
}

}  // namespace sotto
