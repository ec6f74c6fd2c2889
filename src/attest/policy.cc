// ParseAttestationPolicy: the file that docs/attestation.md describes. Its parser sees nothing that
// a peer sent; its author may still misspell a word, and must then learn of it.
#include <exception>

namespace sotto {
struct TomlAssertion : std::exception {};
[[noreturn]] inline void FailTomlAssertion() { throw TomlAssertion(); }
}  // namespace sotto

// toml++ 3.3 does not check with which character a table's name begins: "[*" fails one of its
// assertions or, with NDEBUG, is undefined. So its assertions throw, in every build.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? (void)0 : ::sotto::FailTomlAssertion())
#define TOML_EXCEPTIONS 1
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include <algorithm>
#include <array>
#include <optional>

#include "attest/hex.h"
#include "attest/tcb_status.h"
#include "base/closest_word.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/terminal_text.h"
#include "sotto/attestation.h"

namespace sotto {
namespace {

constexpr size_t kSgxDigits = 64, kTdxDigits = 96;
constexpr int64_t kMaxKeysetAgeSeconds = 10LL * 366 * 86400;

// A table of the file, and where it is, for messages.
struct PolicyTable {
  const toml::table* table;
  const std::string* source;
  std::string prefix;  // "sgx.", or nothing.

  absl::Status Invalid(const toml::node& node, std::string_view key, std::string_view what) const {
    return absl::InvalidArgumentError(
        StrCat(*source, ": line ", node.source().begin.line, ": ", prefix, key, " ", what));
  }
};

// toml++ 3.3 is undefined for some characters beyond ASCII, which no policy needs.
absl::Status CheckAscii(std::string_view text, const std::string& source) {
  size_t line = 1;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      return absl::InvalidArgumentError(StrCat(source, ": line ", line, ": not ASCII"));
    }
    if (c == '\n') ++line;
  }
  return absl::OkStatus();
}

absl::Status CheckKeys(const PolicyTable& in, const std::vector<std::string>& known) {
  for (const auto& [key, node] : *in.table) {
    const std::string name(key.str());
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string closest = ClosestWord(name, known);
    return in.Invalid(
        node, StrCat("\"", TerminalText(name).substr(0, 100), "\""),
        closest.empty() ? "is unknown" : StrCat("is unknown; did you mean ", closest, "?"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> ReadInteger(const PolicyTable& in, std::string_view key,
                                                   int64_t max) {
  const toml::node* const node = in.table->get(key);
  if (node == nullptr) return std::nullopt;
  const auto* const value = node->as_integer();
  if (value == nullptr || value->get() < 0 || value->get() > max) {
    return in.Invalid(*node, key, StrCat("must be an integer from 0 to ", max));
  }
  return value->get();
}

absl::StatusOr<std::vector<std::string>> ReadTexts(const PolicyTable& in, std::string_view key) {
  std::vector<std::string> texts;
  const toml::node* const node = in.table->get(key);
  if (node == nullptr) return texts;
  if (const auto* const one = node->as_string()) return std::vector<std::string>{one->get()};
  const toml::array* const array = node->as_array();
  if (array == nullptr) return in.Invalid(*node, key, "must be a string, or an array of strings");
  for (const toml::node& item : *array) {
    const auto* const text = item.as_string();
    if (text == nullptr) return in.Invalid(item, key, "must be a string, or an array of strings");
    texts.push_back(text->get());
  }
  return texts;
}

// Of a rule that names what it accepts: an empty array would accept nothing, or anything.
absl::StatusOr<std::vector<std::string>> ReadNames(const PolicyTable& in, std::string_view key) {
  SOTTO_ASSIGN_OR_RETURN(std::vector<std::string> texts, ReadTexts(in, key));
  const toml::node* const node = in.table->get(key);
  if (node != nullptr && texts.empty()) return in.Invalid(*node, key, "is empty");
  return texts;
}

// Measurements as lower-case digits.
absl::StatusOr<std::vector<std::string>> ReadMeasurements(const PolicyTable& in,
                                                          std::string_view key, size_t digits) {
  SOTTO_ASSIGN_OR_RETURN(std::vector<std::string> texts, ReadNames(in, key));
  for (std::string& text : texts) {
    for (char& c : text) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!IsLowerHex(text, digits)) {
      return in.Invalid(*in.table->get(key), key,
                        StrCat("must be ", digits, " hexadecimal digits"));
    }
  }
  return texts;
}

// As reports and verdicts write it.
absl::StatusOr<std::vector<std::string>> ReadDigests(const PolicyTable& in, std::string_view key) {
  constexpr std::string_view kPrefix = "sha256:";
  SOTTO_ASSIGN_OR_RETURN(std::vector<std::string> texts, ReadNames(in, key));
  for (const std::string_view text : texts) {
    if (!text.starts_with(kPrefix) || !IsLowerHex(text.substr(kPrefix.size()), kSgxDigits)) {
      return in.Invalid(*in.table->get(key), key,
                        "must be \"sha256:\" and 64 lower-case hexadecimal digits");
    }
  }
  return texts;
}

absl::StatusOr<SgxRule> ReadSgxRule(const PolicyTable& in) {
  SgxRule rule;
  SOTTO_RETURN_IF_ERROR(CheckKeys(in, {"mrenclave", "mrsigner", "product_id", "minimum_svn"}));
  SOTTO_ASSIGN_OR_RETURN(rule.mrenclave, ReadMeasurements(in, "mrenclave", kSgxDigits));
  SOTTO_ASSIGN_OR_RETURN(const auto signers, ReadMeasurements(in, "mrsigner", kSgxDigits));
  SOTTO_ASSIGN_OR_RETURN(const auto product_id, ReadInteger(in, "product_id", UINT16_MAX));
  SOTTO_ASSIGN_OR_RETURN(const auto minimum_svn, ReadInteger(in, "minimum_svn", UINT16_MAX));
  if (signers.size() > 1) {
    return in.Invalid(*in.table->get("mrsigner"), "mrsigner", "must be one value");
  }
  if (!signers.empty()) rule.mrsigner = signers.front();
  if (product_id) rule.product_id = static_cast<uint16_t>(*product_id);
  if (minimum_svn) rule.minimum_svn = static_cast<uint16_t>(*minimum_svn);
  const bool none = !rule.mrsigner && !rule.product_id && !rule.minimum_svn;
  const bool all = rule.mrsigner && rule.product_id && rule.minimum_svn;
  if (!none && !all) {
    return in.Invalid(*in.table, "mrsigner", "needs product_id and minimum_svn, and they need it");
  }
  if (none && rule.mrenclave.empty()) {
    return in.Invalid(*in.table, "mrenclave",
                      "or mrsigner, product_id and minimum_svn must be given");
  }
  return rule;
}

absl::StatusOr<TdxRule> ReadTdxRule(const PolicyTable& in) {
  TdxRule rule;
  SOTTO_RETURN_IF_ERROR(CheckKeys(in, {"mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"}));
  SOTTO_ASSIGN_OR_RETURN(rule.mrtd, ReadMeasurements(in, "mrtd", kTdxDigits));
  if (rule.mrtd.empty()) return in.Invalid(*in.table, "mrtd", "must be given");
  for (size_t i = 0; i < rule.rtmr.size(); ++i) {
    const std::string key = StrCat("rtmr", i);
    const toml::node* const node = in.table->get(key);
    if (node == nullptr) {
      return in.Invalid(*in.table, key, "must be given, or be \"any\"");
    }
    if (const auto* const text = node->as_string(); text != nullptr && text->get() == "any") {
      continue;
    }
    SOTTO_ASSIGN_OR_RETURN(rule.rtmr[i], ReadMeasurements(in, key, kTdxDigits));
  }
  return rule;
}

absl::StatusOr<std::vector<TcbStatus>> ReadTcbStatuses(const PolicyTable& in) {
  constexpr char kKey[] = "tcb_status";
  if (in.table->get(kKey) == nullptr) return AttestationPolicy().tcb_status;
  std::vector<TcbStatus> statuses;
  SOTTO_ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadTexts(in, kKey));
  for (const std::string& name : names) {
    const std::optional<TcbStatus> status = ParseTcbStatus(name);
    if (!status || *status == TcbStatus::kRevoked) {
      return in.Invalid(*in.table->get(kKey), kKey,
                        StrCat("cannot be \"", TerminalText(name).substr(0, 100),
                               "\"; UpToDate, SWHardeningNeeded, ConfigurationNeeded, "
                               "ConfigurationAndSWHardeningNeeded, OutOfDate and "
                               "OutOfDateConfigurationNeeded can be accepted"));
    }
    statuses.push_back(*status);
  }
  if (statuses.empty()) return in.Invalid(*in.table->get(kKey), kKey, "is empty");
  return statuses;
}

// The rules of one kind of TEE; none where the file has no table for it.
template <typename Rule>
absl::Status ReadRule(const PolicyTable& in, const char* key,
                      absl::StatusOr<Rule> (*read)(const PolicyTable&), std::optional<Rule>& rule) {
  const toml::node* const node = in.table->get(key);
  if (node == nullptr) return absl::OkStatus();
  if (node->as_table() == nullptr) return in.Invalid(*node, key, "must be a table");
  SOTTO_ASSIGN_OR_RETURN(rule, read({node->as_table(), in.source, StrCat(key, ".")}));
  return absl::OkStatus();
}

absl::StatusOr<AttestationPolicy> ReadPolicy(const PolicyTable& in) {
  AttestationPolicy policy;
  SOTTO_RETURN_IF_ERROR(CheckKeys(
      in, {"sgx", "tdx", "tcb_status", "allowed_advisories", "minimum_tcb_evaluation_data_number",
           "maximum_keyset_age_seconds", "keyset_digest", "keyset_subject"}));
  SOTTO_RETURN_IF_ERROR(ReadRule(in, "sgx", ReadSgxRule, policy.sgx));
  SOTTO_RETURN_IF_ERROR(ReadRule(in, "tdx", ReadTdxRule, policy.tdx));
  if (!policy.sgx && !policy.tdx) {
    return absl::InvalidArgumentError(
        StrCat(*in.source, ": neither [sgx] nor [tdx] says which code to accept"));
  }
  SOTTO_ASSIGN_OR_RETURN(policy.tcb_status, ReadTcbStatuses(in));
  SOTTO_ASSIGN_OR_RETURN(policy.allowed_advisories, ReadTexts(in, "allowed_advisories"));
  SOTTO_ASSIGN_OR_RETURN(const auto number,
                         ReadInteger(in, "minimum_tcb_evaluation_data_number", UINT32_MAX));
  policy.minimum_tcb_evaluation_data_number = static_cast<uint32_t>(number.value_or(0));
  SOTTO_ASSIGN_OR_RETURN(const auto age,
                         ReadInteger(in, "maximum_keyset_age_seconds", kMaxKeysetAgeSeconds));
  if (age) policy.maximum_keyset_age = std::chrono::seconds(*age);
  SOTTO_ASSIGN_OR_RETURN(policy.keyset_digest, ReadDigests(in, "keyset_digest"));
  SOTTO_ASSIGN_OR_RETURN(policy.keyset_subject, ReadNames(in, "keyset_subject"));
  return policy;
}

}  // namespace

absl::StatusOr<AttestationPolicy> ParseAttestationPolicy(std::string_view text,
                                                         const std::string& source) {
  SOTTO_RETURN_IF_ERROR(CheckAscii(text, source));
  try {
    const toml::table table = toml::parse(text);
    return ReadPolicy({&table, &source, ""});
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(StrCat(source, ": line ", error.source().begin.line, ": ",
                                             TerminalText(error.description()).substr(0, 200)));
  } catch (const TomlAssertion&) {
    return absl::InvalidArgumentError(StrCat(source, ": not valid TOML"));
  }
}

}  // namespace sotto
