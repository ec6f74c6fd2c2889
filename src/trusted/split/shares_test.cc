#include "trusted/split/shares.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "testing/small_config.h"

namespace sotto {
namespace {

struct Begun {
  LinearLayer layer;
  size_t rows;
};

// What each server is sent, in no order: the exchange's layer and rows, and whether as rows.
std::vector<std::tuple<size_t, size_t, size_t, bool>> SentTo(const std::vector<Begun>& exchanges,
                                                             size_t servers) {
  const ModelSpec config = TinyConfig();
  ShareBlinder blinder(config, servers, ProcessDrbg());
  std::vector<std::tuple<size_t, size_t, size_t, bool>> sent;
  for (const Begun& exchange : exchanges) {
    const auto blinding = blinder.Begin(exchange.layer, exchange.rows);
    SOTTO_CHECK(blinding.ok());
    for (size_t server = 0; server < servers; ++server) {
      sent.emplace_back(server, LinearLayerIndex(config, exchange.layer), exchange.rows,
                        (*blinding)->SentRows(server));
    }
  }
  std::sort(sent.begin(), sent.end());
  return sent;
}

// A lane's exchanges of one pass, of blocks of `rows`.
std::vector<Begun> Lane(const std::vector<size_t>& rows) {
  std::vector<Begun> exchanges;
  for (const LinearLayer layer : AllLinearLayers(TinyConfig())) {
    for (const size_t count : rows) exchanges.push_back({layer, count});
  }
  return exchanges;
}

TEST(ShareBlinderTest, WhatEachServerIsSentDoesNotDependOnTheLanesOrder) {
  const std::vector<Begun> one = Lane({24, 24, 16}), other = Lane({24, 8});
  std::vector<Begun> after = one, between;
  after.insert(after.end(), other.begin(), other.end());
  for (size_t i = 0; i < one.size(); ++i) {
    if (i < other.size()) between.push_back(other[i]);
    between.push_back(one[i]);
  }
  for (const size_t servers : {2, 3}) {
    EXPECT_EQ(SentTo(after, servers), SentTo(between, servers)) << servers;
  }
}

TEST(ShareBlinderTest, ServersTakeTurns) {
  const std::vector<Begun> exchanges(6, {{LinearKind::kQkv, 0}, 24});
  const auto sent = SentTo(exchanges, 3);
  for (size_t server = 0; server < 3; ++server) {
    EXPECT_EQ(
        std::count_if(sent.begin(), sent.end(),
                      [&](const auto& s) { return std::get<0>(s) == server && std::get<3>(s); }),
        2);
  }
}

}  // namespace
}  // namespace sotto
