#include "testing/emulated_tee.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/descriptor.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr auto kWakeAgain = std::chrono::milliseconds(5);

void WriteRegular(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

// In place of what has the name, which is never without a file.
void MakePipe(const std::string& path) {
  const std::string fresh = path + ".fresh";
  SOTTO_CHECK(mkfifo(fresh.c_str(), 0600) == 0);
  SOTTO_CHECK(rename(fresh.c_str(), path.c_str()) == 0);
}

// Waits for the other end. Who opens the file next waits for the next answer: the name is that of
// another pipe from now on.
Descriptor OpenPipe(const std::string& path, int mode) {
  Descriptor fd(open(path.c_str(), mode | O_CLOEXEC));
  SOTTO_CHECK(fd.get() >= 0);
  MakePipe(path);
  return fd;
}

std::string ReadToEnd(const Descriptor& fd) {
  std::string all;
  char some[4096];
  for (ssize_t n; (n = read(fd.get(), some, sizeof(some))) > 0;) {
    all.append(some, static_cast<size_t>(n));
  }
  return all;
}

void WriteAll(const Descriptor& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd.get(), bytes.data(), bytes.size());
    if (n <= 0) return;  // The reader has left.
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace

SyntheticEvidence SyntheticQuote(TeeKind tee, const std::string& report_data) {
  EvidenceRecipe recipe(tee, tee == TeeKind::kSgx ? 3 : 4);
  const size_t offset = tee == TeeKind::kSgx ? kSgxReportData : kTdxReportData;
  SOTTO_CHECK(offset + report_data.size() <= recipe.report.size());
  recipe.report.replace(offset, report_data.size(), report_data);
  return MakeEvidence(recipe);
}

EmulatedTee::EmulatedTee(TeeKind tee, const std::string& root, EmulatedTeeOptions options)
    : tee_(tee), options_(std::move(options)) {
  signal(SIGPIPE, SIG_IGN);
  if (tee == TeeKind::kSgx) {
    directory_ = root + "/dev/attestation";
    question_ = directory_ + "/user_report_data", answer_ = directory_ + "/quote";
    std::filesystem::create_directories(directory_ + "/keys");
    WriteRegular(directory_ + "/attestation_type", "dcap");
  } else {
    directory_ = root + "/sys/kernel/config/tsm/report/test";
    question_ = directory_ + "/inblob", answer_ = directory_ + "/outblob";
    std::filesystem::create_directories(directory_);
    std::filesystem::create_directories(root + "/dev");
    WriteRegular(root + "/dev/tdx_guest", "");
    WriteRegular(directory_ + "/provider", options_.provider);
    WriteGeneration();
  }
  MakePipe(question_);
  MakePipe(answer_);
  thread_ = std::thread([this] { Serve(); });
}

EmulatedTee::~EmulatedTee() {
  stopping_ = true;
  // Both ends at once, so that nothing waits for the other; again for the pipe that takes its
  // place.
  std::atomic<bool> ended = false;
  std::thread waking([&] {
    while (!ended) {
      for (const std::string* path : {&question_, &answer_}) {
        const Descriptor fd(open(path->c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
      }
      std::this_thread::sleep_for(kWakeAgain);
    }
  });
  thread_.join();
  ended = true;
  waking.join();
}

void EmulatedTee::Serve() {
  while (!stopping_) {
    const Descriptor question = OpenPipe(question_, O_RDONLY);
    std::string report_data = ReadToEnd(question);
    if (stopping_) return;
    report_data.resize(64);  // As Gramine fills it up.
    if (tee_ == TeeKind::kTdx) {
      generation_ += static_cast<unsigned>(options_.generations_per_write);
      WriteGeneration();
    }
    const Descriptor answer = OpenPipe(answer_, O_WRONLY);
    if (stopping_) return;
    ++quotes_;
    WriteAll(answer, options_.quote ? options_.quote(report_data)
                                    : SyntheticQuote(tee_, report_data).quote);
  }
}

void EmulatedTee::WriteGeneration() const {
  WriteRegular(directory_ + "/generation", StrCat(generation_, "\n"));
}

}  // namespace sotto
