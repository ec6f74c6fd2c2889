// A damaged, lying or missing model is refused in one line that names what is wrong with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <functional>

#include "base/file.h"
#include "testing/prefill_program.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// A copy of the shipped model with one file replaced.
class BadModel : public testing::Test {
 protected:
  BadModel() {
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
      fs::copy(ShippedModelDir() + "/" + name, dir_.File(name));
    }
  }
  void ExpectRefused(const std::string& names) {
    ExpectRefusal({"--model", dir_.path()}, kFailure, names);
  }
  void WithConfig(const std::string& key, const json& value, const std::string& names) {
    json config = json::parse(config_);
    config[key] = value;
    dir_.Write("config.json", config.dump());
    ExpectRefused(names);
    dir_.Write("config.json", config_);
  }
  // Changes the weights' header by `edit`, keeping or correcting its length field.
  void WithHeader(const std::function<void(json&)>& edit, const std::string& names) {
    uint64_t size = 0;
    std::memcpy(&size, weights_.data(), sizeof(size));
    json header = json::parse(weights_.substr(8, size));
    edit(header);
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const uint64_t new_size = text.size();
    WithWeights(
        std::string(reinterpret_cast<const char*>(&new_size), 8) + text + weights_.substr(8 + size),
        names);
  }
  void WithWeights(const std::string& bytes, const std::string& names) {
    dir_.Write("model.safetensors", bytes);
    ExpectRefused(names);
    dir_.Write("model.safetensors", weights_);
  }

  TempDir dir_;
  const std::string config_ = ReadFile(ShippedModelDir() + "/config.json").value();
  const std::string weights_ = ReadFile(ShippedModelDir() + "/model.safetensors").value();
};

constexpr char kTensor[] = "model.layers.2.mlp.up_proj.weight";

TEST_F(BadModel, MissingParts) {
  ExpectRefusal({"--model", "/nonexistent"}, kFailure, "/nonexistent");
  ExpectRefusal({"--model", dir_.File("config.json")}, kFailure, "config.json");
  fs::remove(dir_.File("tokenizer.json"));
  ExpectRefused("tokenizer.json");
  fs::remove(dir_.File("model.safetensors"));
  ExpectRefused("model.safetensors");
  fs::remove(dir_.File("config.json"));
  ExpectRefused("config.json");
}

TEST_F(BadModel, WrongConfigFieldsAreNamed) {
  for (const char* field : {"hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
                            "intermediate_size", "max_position_embeddings"}) {
    for (const json& value : {json(0), json(-1), json(1e18), json("8")}) {
      WithConfig(field, value, field);
    }
  }
  WithConfig("vocab_size", nullptr, "vocab_size");
  WithConfig("rms_norm_eps", -1, "rms_norm_eps");
  WithConfig("rope_scaling", {{"rope_type", "yarn"}}, "yarn");
  WithConfig("hidden_act", "gelu", "gelu");
  WithConfig("architectures", {"MistralForCausalLM"}, "MistralForCausalLM");
  WithConfig("intermediate_size", 513, "mlp");
  dir_.Write("config.json", config_.substr(0, config_.size() / 2));
  ExpectRefused("config.json");
}

TEST_F(BadModel, DamagedWeights) {
  WithWeights("", "model.safetensors");
  WithWeights(weights_.substr(0, 5), "model.safetensors");
  WithWeights(weights_.substr(0, weights_.size() - 1), "model.safetensors");
  WithWeights(weights_ + "x", "model.safetensors");
  std::string huge_header = weights_;
  std::memset(huge_header.data(), 0xff, 8);
  WithWeights(huge_header, "model.safetensors");
  WithHeader([](json& header) { header.erase(kTensor); }, "model.safetensors");
  WithHeader(
      [](json& header) {
        header["another"] = header[kTensor];
        header.erase(kTensor);
      },
      kTensor);
  WithHeader([](json& header) { header[kTensor]["shape"] = {512, 191}; }, kTensor);
  WithHeader([](json& header) { header[kTensor]["shape"] = {192, 512}; }, kTensor);
  WithHeader([](json& header) { header[kTensor]["dtype"] = "I16"; }, "I16");
  WithHeader(
      [](json& header) {
        header[kTensor]["data_offsets"] = header["model.norm.weight"]["data_offsets"];
      },
      "model.safetensors");
}

TEST_F(BadModel, WeightsThatAreNoNumbers) {
  uint64_t size = 0;
  std::memcpy(&size, weights_.data(), sizeof(size));
  const json header = json::parse(weights_.substr(8, size));
  const size_t offset = 8 + size + header[kTensor]["data_offsets"][0].get<size_t>() + 1000;
  for (const char* bits : {"\xc0\x7f", "\x80\x7f", "\x80\xff"}) {  // BF16 NaN, +inf, -inf.
    std::string bad = weights_;
    bad.replace(offset, 2, bits, 2);
    WithWeights(bad, kTensor);
  }
}

TEST_F(BadModel, DamagedTokenizer) {
  const std::string good = dir_.Read("tokenizer.json");
  const auto with = [&](const std::function<void(json&)>& edit, const std::string& names) {
    json tokenizer = json::parse(good);
    edit(tokenizer);
    dir_.Write("tokenizer.json", tokenizer.dump());
    ExpectRefused("tokenizer.json");
    ExpectRefused(names);
  };
  dir_.Write("tokenizer.json", good.substr(0, good.size() / 2));
  ExpectRefused("tokenizer.json");
  with([](json& t) { t["model"].erase("merges"); }, "merges");
  with([](json& t) { t["model"].erase("vocab"); }, "vocab");
  with([](json& t) { t["model"]["vocab"]["!"] = 1; }, "vocab");
  with([](json& t) { t["model"]["vocab"]["!"] = 1 << 30; }, "vocab");
  with([](json& t) { t["model"]["type"] = "WordPiece"; }, "WordPiece");
}

}  // namespace
}  // namespace sotto
