// A damaged, lying or missing model is refused in one line that names what is wrong with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <map>

#include "base/file.h"
#include "base/strings.h"
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

  // The weights with these BF16 tensors (those of them that the model has) times 2^power.
  std::string WithPowers(const std::map<std::string, int>& powers) const {
    uint64_t size = 0;
    std::memcpy(&size, weights_.data(), sizeof(size));
    const json header = json::parse(weights_.substr(8, size));
    std::string scaled = weights_;
    for (const auto& [name, power] : powers) {
      if (!header.contains(name)) continue;
      const json& offsets = header[name]["data_offsets"];
      for (size_t i = offsets[0].get<size_t>(); i < offsets[1].get<size_t>(); i += 2) {
        uint16_t bits = 0;
        std::memcpy(&bits, &scaled[8 + size + i], sizeof(bits));
        if ((bits & 0x7f80) == 0) continue;  // Zero.
        bits = static_cast<uint16_t>(bits + (power << 7));
        std::memcpy(&scaled[8 + size + i], &bits, sizeof(bits));
      }
    }
    return scaled;
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

// Weights times a power of two that leaves them finite, but not what is computed with them. Each
// case overflows somewhere else: queries and keys, so in the softmax; the gated product; the square
// in a norm of values that are finite themselves, which without a look would be zeros, and logits
// uniform; and the logits alone.
TEST_F(BadModel, WeightsThatOverflowEndTheRunNamingPromptAndPosition) {
  const std::map<std::string, int> cases[] = {
      {{"model.layers.1.self_attn.q_proj.weight", 110},
       {"model.layers.1.self_attn.k_proj.weight", 110}},
      {{"model.layers.1.mlp.gate_proj.weight", 110}, {"model.layers.1.mlp.up_proj.weight", 110}},
      {{"model.layers.1.mlp.down_proj.weight", 80}},
      {{"model.norm.weight", 120}, {"model.embed_tokens.weight", 20}, {"lm_head.weight", 20}}};
  for (const auto& powers : cases) {
    const std::string bad = WithPowers(powers);
    dir_.Write("model.safetensors", bad);
    for (const char* precision : {"f32", "bf16", "int8", "fixed"}) {
      for (const char* logits : {"all", "last"}) {
        SCOPED_TRACE(powers.begin()->first + " " + precision + " " + logits);
        ExpectRefusal({"--model", dir_.path(), "--prompt", "In the beginning", "--precision",
                       precision, "--logits", logits},
                      kFailure, StrCat("overflows in precision ", precision));
      }
    }
  }
  ExpectRefusal({"--model", dir_.path(), "--prompt", "In the beginning", "--prompt", "God said"},
                kFailure, "--prompt 1: the logits of position 0 are not finite");
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
