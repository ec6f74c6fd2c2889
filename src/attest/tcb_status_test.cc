#include "attest/tcb_status.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

using enum TcbStatus;

TEST(TcbStatus, NamesReadBack) {
  for (const TcbStatus status :
       {kUpToDate, kSwHardeningNeeded, kConfigurationNeeded, kConfigurationAndSwHardeningNeeded,
        kOutOfDate, kOutOfDateConfigurationNeeded, kRevoked}) {
    EXPECT_EQ(ParseTcbStatus(TcbStatusName(status)), status);
  }
  EXPECT_FALSE(ParseTcbStatus("uptodate").has_value());
  EXPECT_FALSE(ParseTcbStatus("").has_value());
}

TEST(TcbStatus, AnOutdatedPartMakesThePlatformSo) {
  const struct {
    TcbStatus platform, part, merged;
  } cases[] = {
      {kUpToDate, kUpToDate, kUpToDate},
      {kSwHardeningNeeded, kUpToDate, kSwHardeningNeeded},
      {kConfigurationAndSwHardeningNeeded, kUpToDate, kConfigurationAndSwHardeningNeeded},
      {kUpToDate, kOutOfDate, kOutOfDate},
      {kSwHardeningNeeded, kOutOfDate, kOutOfDate},
      {kConfigurationNeeded, kOutOfDate, kOutOfDateConfigurationNeeded},
      {kConfigurationAndSwHardeningNeeded, kOutOfDate, kOutOfDateConfigurationNeeded},
      {kOutOfDate, kOutOfDate, kOutOfDate},
      {kOutOfDate, kUpToDate, kOutOfDate},
      {kOutOfDateConfigurationNeeded, kOutOfDate, kOutOfDateConfigurationNeeded},
      {kOutOfDate, kConfigurationNeeded, kOutOfDateConfigurationNeeded},
      {kUpToDate, kConfigurationNeeded, kConfigurationNeeded},
      {kUpToDate, kRevoked, kRevoked},
      {kRevoked, kUpToDate, kRevoked},
      {kOutOfDateConfigurationNeeded, kRevoked, kRevoked},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(MergeTcbStatus(c.platform, c.part), c.merged)
        << TcbStatusName(c.platform) << " and " << TcbStatusName(c.part);
  }
}

}  // namespace
}  // namespace sotto
