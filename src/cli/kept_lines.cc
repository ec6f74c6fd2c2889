#include "cli/kept_lines.h"

#include "base/file.h"
#include "base/strings.h"
#include "base/temporary_files.h"
#include "cli/run_messages.h"

namespace sotto {

KeptLines::~KeptLines() { SayOfOutputs(""); }

void KeptLines::Set(size_t lines) {
  lines_ = lines;
  SayOfOutputs(Text());
}

std::string KeptLines::Text() const {
  if (lines_ == 0) return kNothingWritten;
  const std::string what = options_.counted ? CountOf(lines_, "whole line") : "whole lines";
  if (!options_.resumable) return StrCat(name_, " has got ", what);
  return StrCat(name_, " keeps ", what, "; go on with --resume");
}

absl::Status KeptLines::AddTo(const absl::Status& status) const {
  if (lines_ == 0 || !options_.resumable || IsReaderGone(status)) return status;
  absl::Status longer(status.code(), StrCat(ToStd(status.message()), "; ", Text()));
  status.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& payload) { longer.SetPayload(type, payload); });
  return longer;
}

}  // namespace sotto
