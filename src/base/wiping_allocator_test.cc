#include "base/wiping_allocator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "testing/own_memory.h"

namespace sotto {
namespace {

// Made at run time, so that it stands nowhere else. Longer than what a string keeps in itself.
void AppendSecret(SecretString& text) {
  for (int i = 0; i < 40; ++i) text += static_cast<char>('A' + (i * 7 + text.size()) % 26);
}

TEST(WipingAllocatorTest, NothingStaysOfWhatItHeldOrGrewOutOf) {
  SecretsToFind secrets;
  {
    SecretString text;
    AppendSecret(text);
    secrets.Add({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    for (int i = 0; i < 10000; ++i) text += "growing";  // Through blocks of many sizes.
    SecretVector<SecretString> copies(3, text);
    EXPECT_GE(secrets.CountCopies()[0], 4u);
  }
  EXPECT_EQ(secrets.CountCopies()[0], 0u);
}

TEST(WipingAllocatorTest, WipesWhatAPlainContainerHolds) {
  std::vector<int32_t> ids = {5, 6, 7};
  WipeContents(ids);
  EXPECT_EQ(ids, std::vector<int32_t>(3, 0));
}

}  // namespace
}  // namespace sotto
