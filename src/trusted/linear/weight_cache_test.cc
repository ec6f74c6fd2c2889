#include "trusted/linear/weight_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "model/random_model.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

class WeightCacheTest : public testing::TestWithParam<Precision> {
 protected:
  WeightCacheTest() : checkpoint_(*Checkpoint::Open(ShippedModelDir())), pool_(2) {}

  std::string Path() const { return *WeightCachePath(dir_.path(), checkpoint_, {GetParam()}); }

  std::vector<PackedLayer> Pack() {
    const WeightForms forms = WeightFormsOf(checkpoint_, GetParam());
    std::vector<PackedLayer> layers;
    for (LinearLayer layer : AllLinearLayers(checkpoint_.config())) {
      layers.push_back(*PackLayer(checkpoint_, layer, GetParam(), forms[layers.size()], pool_));
    }
    return layers;
  }

  absl::StatusOr<std::vector<PackedLayer>> Read() {
    return ReadWeightCache(Path(), checkpoint_.config(), GetParam(),
                           WeightFormsOf(checkpoint_, GetParam()), pool_);
  }

  TempDir dir_;
  Checkpoint checkpoint_;
  ThreadPool pool_;
};

void ExpectSame(PackedLayer& a, PackedLayer& b) {
  ASSERT_EQ(a.weights.packed_bytes(), b.weights.packed_bytes());
  EXPECT_EQ(
      std::memcmp(a.weights.packed().data(), b.weights.packed().data(), a.weights.packed_bytes()),
      0);
  EXPECT_EQ(a.bias, b.bias);
  EXPECT_EQ(a.scales, b.scales);
  EXPECT_EQ(a.weight_sums, b.weight_sums);
  EXPECT_EQ(a.activation_limit, b.activation_limit);
}

TEST_P(WeightCacheTest, GivesBackWhatWasPacked) {
  std::vector<PackedLayer> layers = Pack();
  EXPECT_TRUE(absl::IsNotFound(Read().status()));
  ASSERT_TRUE(WriteWeightCache(Path(), layers, pool_).ok());
  auto cached = Read();
  ASSERT_TRUE(cached.ok());
  ASSERT_EQ(cached->size(), layers.size());
  for (size_t i = 0; i < layers.size(); ++i) ExpectSame((*cached)[i], layers[i]);
}

TEST_P(WeightCacheTest, DamageIsFound) {
  std::vector<PackedLayer> layers = Pack();
  ASSERT_TRUE(WriteWeightCache(Path(), layers, pool_).ok());
  const std::string name = std::filesystem::path(Path()).filename();
  const std::string intact = dir_.Read(name);
  for (size_t offset : {size_t{0}, size_t{20}, size_t{75}, size_t{85}, size_t{4096},
                        intact.size() / 2, intact.size() - 1}) {
    std::string damaged = intact;
    damaged[offset] ^= 1;
    dir_.Write(name, damaged);
    EXPECT_TRUE(absl::IsDataLoss(Read().status())) << offset;
  }
  for (size_t length : {size_t{0}, size_t{40}, size_t{5000}, intact.size() - 1}) {
    dir_.Write(name, intact.substr(0, length));
    EXPECT_TRUE(absl::IsDataLoss(Read().status())) << length;
  }
  dir_.Write(name, intact + "x");
  EXPECT_TRUE(absl::IsDataLoss(Read().status()));
}

TEST_P(WeightCacheTest, MakeLocalLinearMakesTheDirectory) {
  const std::string directory = dir_.File("deep/er");
  ASSERT_TRUE(MakeLocalLinear(checkpoint_, {GetParam(), directory}, pool_).ok());
  EXPECT_TRUE(ReadWeightCache(*WeightCachePath(directory, checkpoint_, {GetParam()}),
                              checkpoint_.config(), GetParam(),
                              WeightFormsOf(checkpoint_, GetParam()), pool_)
                  .ok());
}

// Neither is taken for the other, nor written over it.
TEST_P(WeightCacheTest, OfHiddenStatesAloneItIsAnother) {
  LocalLinearOptions options{GetParam(), dir_.path()};
  ASSERT_TRUE(MakeLocalLinear(checkpoint_, options, pool_).ok());
  options.lm_head = false;
  ASSERT_TRUE(MakeLocalLinear(checkpoint_, options, pool_).ok());
  const std::string path = *WeightCachePath(dir_.path(), checkpoint_, options);
  EXPECT_NE(path, Path());
  const auto forms = WeightFormsOf(checkpoint_, GetParam());
  const auto layers =
      ReadWeightCache(path, PackedSpec(checkpoint_.config(), options), GetParam(), forms, pool_);
  ASSERT_TRUE(layers.ok()) << layers.status();
  EXPECT_EQ(layers->size(), AllLinearLayers(checkpoint_.config()).size() - 1);
  const auto whole = ReadWeightCache(Path(), checkpoint_.config(), GetParam(), forms, pool_);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->size(), layers->size() + 1);
}

TEST_P(WeightCacheTest, MakeLocalLinearRebuildsADamagedCache) {
  const LocalLinearOptions options{GetParam(), dir_.path()};
  ASSERT_TRUE(MakeLocalLinear(checkpoint_, options, pool_).ok());
  const std::string name = std::filesystem::path(Path()).filename();
  const std::string intact = dir_.Read(name);
  dir_.Write(name, "damaged");
  ASSERT_TRUE(MakeLocalLinear(checkpoint_, options, pool_).ok());
  EXPECT_EQ(dir_.Read(name), intact);
}

INSTANTIATE_TEST_SUITE_P(Precisions, WeightCacheTest,
                         testing::Values(Precision::kF32, Precision::kBf16, Precision::kInt8,
                                         Precision::kFixed),
                         [](const auto& info) { return std::string(PrecisionName(info.param)); });

TEST(WeightFingerprintTest, TellsModelsAndPrecisionsApart) {
  const TempDir dir;
  ThreadPool pool(1);
  RandomModelOptions options;
  options.config = Checkpoint::Open(ShippedModelDir())->config();
  options.seed = 1;
  ASSERT_TRUE(WriteRandomModel(options, dir.File("a"), pool).ok());
  options.seed = 2;
  ASSERT_TRUE(WriteRandomModel(options, dir.File("b"), pool).ok());
  const auto path = [&](const std::string& model, Precision precision) {
    return *WeightCachePath("", *Checkpoint::Open(dir.File(model)), {precision});
  };
  EXPECT_EQ(path("a", Precision::kF32), path("a", Precision::kF32));
  EXPECT_NE(path("a", Precision::kF32), path("a", Precision::kBf16));
  EXPECT_NE(path("a", Precision::kF32), path("b", Precision::kF32));
}

TEST(WeightCacheBiasTest, BiasesAreKept) {
  const TempDir dir;
  ThreadPool pool(1);
  RandomModelOptions options;
  options.config = Checkpoint::Open(ShippedModelDir())->config();
  for (LayerSpec& layer : options.config.layers) {
    layer.attention.qkv_bias = layer.attention.out_bias = layer.mlp.bias = true;
  }
  ASSERT_TRUE(WriteRandomModel(options, dir.File("model"), pool).ok());
  const Checkpoint checkpoint = *Checkpoint::Open(dir.File("model"));
  std::vector<PackedLayer> layers;
  for (LinearLayer layer : AllLinearLayers(checkpoint.config())) {
    layers.push_back(*PackLayer(checkpoint, layer, Precision::kInt8, GemmOperands::kU8S8, pool));
  }
  const std::string path = *WeightCachePath(dir.path(), checkpoint, {Precision::kInt8});
  ASSERT_TRUE(WriteWeightCache(path, layers, pool).ok());
  auto cached = ReadWeightCache(path, checkpoint.config(), Precision::kInt8,
                                WeightFormsOf(checkpoint, Precision::kInt8), pool);
  ASSERT_TRUE(cached.ok());
  EXPECT_FALSE(layers[0].bias.empty());
  for (size_t i = 0; i < layers.size(); ++i) ExpectSame((*cached)[i], layers[i]);
}

}  // namespace
}  // namespace sotto
