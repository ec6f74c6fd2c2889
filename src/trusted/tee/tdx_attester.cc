// Quotes of a TDX guest, by Linux's configfs-tsm (Documentation/ABI/testing/configfs-tsm,
// drivers/virt/coco): a directory is a report of one's own, `inblob` its question, `outblob` the
// quote. A write takes effect when the file is closed, where no error is told; `generation` counts
// those that did.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include "base/strings.h"
#include "trusted/tee/attesters.h"

namespace sotto {
namespace {

constexpr char kReports[] = "/sys/kernel/config/tsm/report";
constexpr std::string_view kProvider = "tdx_guest";

bool IsDirectory(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

absl::Status ReportError(const std::string& path, std::string_view why) {
  return absl::UnavailableError(StrCat(path, ": ", why));
}

class TdxAttester : public Attester {
 public:
  explicit TdxAttester(std::string directory)
      : Attester(TeeKind::kTdx), directory_(std::move(directory)) {}
  ~TdxAttester() override { rmdir(directory_.c_str()); }

 private:
  absl::StatusOr<std::string> MakeQuote(std::string_view report_data) override {
    SOTTO_RETURN_IF_ERROR(MakeReport());
    SOTTO_RETURN_IF_ERROR(CheckProvider());
    SOTTO_ASSIGN_OR_RETURN(const uint64_t before, Generation());
    SOTTO_RETURN_IF_ERROR(WriteSystemFile(directory_ + "/inblob", report_data));
    SOTTO_ASSIGN_OR_RETURN(std::string quote, ReadSystemFile(directory_ + "/outblob"));
    SOTTO_ASSIGN_OR_RETURN(const uint64_t after, Generation());
    if (after == before) return ReportError(directory_ + "/inblob", "the write had no effect");
    if (after != before + 1) return ReportError(directory_, "another process writes there, too");
    return quote;
  }

  // One that a process of the same name left behind serves as well.
  absl::Status MakeReport() const {
    if (mkdir(directory_.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
    return ReportError(directory_,
                       StrCat("cannot create: ", std::generic_category().message(errno)));
  }

  // Whose quotes these are: configfs is the same in guests of other vendors.
  absl::Status CheckProvider() const {
    const std::string path = directory_ + "/provider";
    SOTTO_ASSIGN_OR_RETURN(const std::string provider, ReadSystemFile(path));
    if (FirstLine(provider) == kProvider) return absl::OkStatus();
    return ReportError(path, StrCat("is not ", kProvider));
  }

  absl::StatusOr<uint64_t> Generation() const {
    const std::string path = directory_ + "/generation";
    SOTTO_ASSIGN_OR_RETURN(const std::string text, ReadSystemFile(path));
    const std::string_view digits = FirstLine(text);
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size()) return number;
    return ReportError(path, "is not a number");
  }

  const std::string directory_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Attester>> MakeTdxAttester(const AttesterOptions& options) {
  const std::string reports = options.root + kReports;
  if (!IsDirectory(reports)) {
    return absl::FailedPreconditionError(
        StrCat(reports,
               ": is missing: quotes of a TDX guest need Linux 6.7 or newer with "
               "tdx_guest, and configfs mounted; /dev/tdx_guest gives none by itself"));
  }
  const std::string name =
      options.tsm_report.empty() ? StrCat("sotto-", getpid()) : options.tsm_report;
  return std::make_unique<TdxAttester>(StrCat(reports, "/", name));
}

}  // namespace sotto
