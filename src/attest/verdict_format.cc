// Verdicts for people and for programs.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "attest/dates.h"
#include "attest/reasons.h"
#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

using OrderedJson = nlohmann::ordered_json;

// Whole days until `end`; negative once it has passed.
int64_t DaysLeft(std::chrono::sys_seconds end, std::chrono::sys_seconds at) {
  return std::chrono::floor<std::chrono::days>(end - at).count();
}

std::string KindOf(const QuoteClaims& claims) {
  if (!claims.tee) return "no quote that can be read";
  return StrCat(*claims.tee == TeeKind::kSgx ? "SGX" : "TDX", " quote of version ", claims.version);
}

void AppendLine(std::string& text, std::string_view label, std::string_view value) {
  if (!value.empty()) text += StrCat("  ", label, value, "\n");
}

void AppendClaims(std::string& text, const Verdict& verdict) {
  const QuoteClaims& claims = verdict.claims;
  AppendLine(text, "MRENCLAVE    ", claims.mrenclave);
  AppendLine(text, "MRSIGNER     ", claims.mrsigner);
  if (claims.tee == TeeKind::kSgx) {
    AppendLine(text, "product, SVN ", StrCat(claims.product_id, ", ", claims.svn));
  }
  AppendLine(text, "MRTD         ", claims.mrtd);
  for (size_t i = 0; i < claims.rtmr.size(); ++i) {
    AppendLine(text, StrCat("RTMR", i, "        "), claims.rtmr[i]);
  }
  if (claims.tee) {
    AppendLine(text, "report data  ",
               StrCat(claims.report_data, verdict.report_data_compared ? "" : " (not compared)"));
  }
  AppendLine(text, "FMSPC        ", claims.fmspc);
}

void AppendTcb(std::string& text, const Verdict& verdict) {
  if (!verdict.tcb_status) return;
  std::string state(TcbStatusName(*verdict.tcb_status));
  for (const std::string& advisory : verdict.advisories) state += StrCat(" ", advisory);
  AppendLine(text, "TCB          ", TerminalText(state));
  if (verdict.tcb_evaluation_data_number) {
    AppendLine(text, "evaluation   ", StrCat("data number ", *verdict.tcb_evaluation_data_number));
  }
}

// The first to end, and all that end within the time to warn of.
void AppendExpiries(std::string& text, const Verdict& verdict, const VerdictFormat& format) {
  for (size_t i = 0; i < verdict.expiries.size(); ++i) {
    const auto& [what, end] = verdict.expiries[i];
    const bool soon = end - verdict.at <= format.warn_within;
    if (i > 0 && !soon) break;
    const int64_t days = DaysLeft(end, verdict.at);
    AppendLine(text, soon ? "warning      " : "valid until  ",
               days < 0 ? StrCat(what, " ended on ", FormatDate(end))
                        : StrCat(FormatDate(end), ", ", days, " days left (", what, ")"));
  }
}

template <typename T>
OrderedJson OrNull(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

OrderedJson ClaimsJson(const QuoteClaims& claims) {
  OrderedJson json;
  if (claims.tee == TeeKind::kSgx) {
    json["mrenclave"] = claims.mrenclave;
    json["mrsigner"] = claims.mrsigner;
    json["product_id"] = claims.product_id;
    json["svn"] = claims.svn;
  } else {
    json["mrtd"] = claims.mrtd;
    json["rtmr"] = claims.rtmr;
  }
  json["report_data"] = claims.report_data;
  return json;
}

OrderedJson ReasonsJson(const Verdict& verdict) {
  OrderedJson json = OrderedJson::array();
  for (const Reason& reason : verdict.reasons) {
    json.push_back({{"id", ReasonId(reason)}, {"detail", reason.detail}});
  }
  return json;
}

OrderedJson ExpiriesJson(const Verdict& verdict, const VerdictFormat& format) {
  OrderedJson json = OrderedJson::array();
  for (const auto& [what, end] : verdict.expiries) {
    json.push_back({{"what", what},
                    {"at", FormatDate(end)},
                    {"days_left", DaysLeft(end, verdict.at)},
                    {"warn", end - verdict.at <= format.warn_within}});
  }
  return json;
}

}  // namespace

std::string FormatVerdict(const Verdict& verdict, const VerdictFormat& format) {
  std::string text = StrCat(verdict.accepted() ? "accepted: " : "refused: ", KindOf(verdict.claims),
                            ", at ", FormatDate(verdict.at), "\n");
  for (const Reason& reason : verdict.reasons) {
    AppendLine(text, "reason       ", StrCat(ReasonId(reason), ": ", reason.detail));
  }
  AppendClaims(text, verdict);
  AppendTcb(text, verdict);
  AppendExpiries(text, verdict, format);
  return text;
}

std::string VerdictToJson(const Verdict& verdict, const VerdictFormat& format) {
  OrderedJson json;
  json["accepted"] = verdict.accepted();
  json["at"] = FormatDate(verdict.at);
  json["reasons"] = ReasonsJson(verdict);
  const QuoteClaims& claims = verdict.claims;
  json["tee"] = nullptr;
  if (claims.tee) {
    json["tee"] = *claims.tee == TeeKind::kSgx ? "sgx" : "tdx";
    json["quote_version"] = claims.version;
    json["claims"] = ClaimsJson(claims);
    json["report_data_compared"] = verdict.report_data_compared;
  }
  json["fmspc"] = claims.fmspc.empty() ? OrderedJson(nullptr) : OrderedJson(claims.fmspc);
  json["tcb_status"] = nullptr;
  if (verdict.tcb_status) json["tcb_status"] = TcbStatusName(*verdict.tcb_status);
  json["advisories"] = verdict.advisories;
  json["tcb_evaluation_data_number"] = OrNull(verdict.tcb_evaluation_data_number);
  json["expiries"] = ExpiriesJson(verdict, format);
  return json.dump(-1, ' ', /*ensure_ascii=*/true, OrderedJson::error_handler_t::replace);
}

}  // namespace sotto
