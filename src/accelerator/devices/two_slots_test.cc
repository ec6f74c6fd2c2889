#include "accelerator/devices/two_slots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/strings.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What happens in which order: "begin SLOT FIRST+COUNT", "wait SLOT". Fails at event `fails_at`,
// counted from 1.
class Recorder {
 public:
  explicit Recorder(size_t fails_at = 0) : fails_at_(fails_at) {}

  absl::Status Run(size_t rows, size_t piece_rows) {
    return RunInTwoSlots(
        rows, piece_rows,
        [&](size_t slot, RowPiece piece) {
          EXPECT_FALSE(busy_[slot]);
          busy_[slot] = true;
          return Note(StrCat("begin ", slot, " ", piece.first, "+", piece.count));
        },
        [&](size_t slot) {
          EXPECT_TRUE(busy_[slot]);
          busy_[slot] = false;
          return Note(StrCat("wait ", slot));
        });
  }
  bool idle() const { return !busy_[0] && !busy_[1]; }
  const std::vector<std::string>& events() const { return events_; }

 private:
  absl::Status Note(std::string event) {
    events_.push_back(std::move(event));
    if (events_.size() != fails_at_) return absl::OkStatus();
    return absl::InternalError(ToAbsl(events_.back()));
  }

  const size_t fails_at_;
  bool busy_[kSlots] = {};
  std::vector<std::string> events_;
};

TEST(TwoSlots, ThePieceAfterBeginsBeforeOneIsWaitedFor) {
  Recorder recorder;
  EXPECT_TRUE(recorder.Run(10, 3).ok());
  EXPECT_THAT(recorder.events(), ElementsAre("begin 0 0+3", "begin 1 3+3", "wait 0", "begin 0 6+3",
                                             "wait 1", "begin 1 9+1", "wait 0", "wait 1"));
}

TEST(TwoSlots, FewRowsTakeOneSlot) {
  Recorder none, one;
  EXPECT_TRUE(none.Run(0, 3).ok());
  EXPECT_THAT(none.events(), IsEmpty());
  EXPECT_TRUE(one.Run(3, 3).ok());
  EXPECT_THAT(one.events(), ElementsAre("begin 0 0+3", "wait 0"));
}

// Whatever fails, nothing is under way when the error is returned, and nothing began after it.
TEST(TwoSlots, WaitsForWhatHasBegunWhateverFails) {
  constexpr size_t kEvents = 10;  // Of five pieces.
  for (size_t fails_at = 1; fails_at <= kEvents; ++fails_at) {
    Recorder recorder(fails_at);
    const absl::Status status = recorder.Run(15, 3);
    ASSERT_GE(recorder.events().size(), fails_at);
    EXPECT_EQ(std::string(status.message()), recorder.events()[fails_at - 1]);
    EXPECT_TRUE(recorder.idle()) << fails_at;
    for (size_t i = fails_at; i < recorder.events().size(); ++i) {
      EXPECT_EQ(recorder.events()[i].rfind("wait", 0), 0u) << fails_at;
    }
  }
  Recorder recorder;
  EXPECT_TRUE(recorder.Run(15, 3).ok());
  EXPECT_EQ(recorder.events().size(), kEvents);
}

}  // namespace
}  // namespace sotto
