#include "tools/audit_gf2.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace sotto {
namespace {

TEST(Gf2Basis, SpansAndRanks) {
  Gf2Basis basis(70);
  std::vector<uint32_t> a(70, 0), b(70, 0), sum(70, 0);
  a[0] = a[69] = 1;
  b[0] = b[3] = 5;
  for (size_t i = 0; i < 70; ++i) sum[i] = a[i] + b[i];
  basis.Add(a);
  basis.Add(b);
  basis.Add(sum);
  EXPECT_EQ(basis.rank(), 2u);
  EXPECT_TRUE(basis.Contains(sum));
  sum[7] ^= 1;
  EXPECT_FALSE(basis.Contains(sum));
}

}  // namespace
}  // namespace sotto
