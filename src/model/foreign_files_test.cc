// Directories as they are found: what is not a model in safetensors is called by its name.
#include "model/foreign_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "model/checkpoint.h"
#include "model/random_model.h"
#include "model/safetensors.h"
#include "model/safetensors_writer.h"
#include "model/tensor_names.h"
#include "testing/small_config.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

constexpr auto kDamagedFile = absl::StatusCode::kDataLoss;
constexpr auto kMissingFile = absl::StatusCode::kNotFound;
constexpr auto kUnimplementedForm = absl::StatusCode::kUnimplemented;

constexpr char kPointer[] =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
constexpr char kPage[] = "\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n";

void ExpectFoundAndRefused(const TempDir& dir, absl::StatusCode code, const std::string& what) {
  const absl::Status status = Checkpoint::Open(dir.path()).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(what));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(dir.path()));
}

class FoundDirectory : public testing::Test {
 protected:
  FoundDirectory() { dir_.Write("config.json", ConfigToJson(TinyConfig())); }

  void WriteFoundModel(uint64_t shard_bytes) {
    ThreadPool pool(1);
    RandomModelOptions options;
    options.config = TinyConfig();
    options.shard_bytes = shard_bytes;
    std::filesystem::remove(dir_.File("config.json"));
    const absl::Status written = WriteRandomModel(options, dir_.path(), pool);
    ASSERT_TRUE(written.ok()) << written;
  }

  const TempDir dir_;
};

TEST_F(FoundDirectory, PlaceholdersOfFiles) {
  for (const char* name : {"model.safetensors", "config.json", "model.safetensors.index.json"}) {
    const TempDir dir;
    dir.Write("config.json", ConfigToJson(TinyConfig()));
    dir.Write(name, kPointer);
    ExpectFoundAndRefused(dir, kDamagedFile, "is a Git LFS pointer, not the file itself");
    dir.Write(name, kPage);
    ExpectFoundAndRefused(dir, kDamagedFile, "is a web page");
  }
}

TEST_F(FoundDirectory, ATokenizerThatIsAPlaceholder) {
  WriteFoundModel(1 << 20);
  dir_.Write("tokenizer.json", kPointer);
  const auto checkpoint = Checkpoint::Open(dir_.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(std::string(checkpoint->TokenizerJson().status().message()),
              testing::HasSubstr("tokenizer.json: is a Git LFS pointer"));
}

TEST_F(FoundDirectory, ACutDownload) {
  WriteFoundModel(1 << 20);
  const auto size = std::filesystem::file_size(dir_.File("model.safetensors"));
  for (const uint64_t left : {size - 1, size / 2, uint64_t{100}, uint64_t{9}}) {
    std::filesystem::resize_file(dir_.File("model.safetensors"), left);
    ExpectFoundAndRefused(dir_, kDamagedFile, "if its download was cut short, download it again");
  }
}

TEST_F(FoundDirectory, WeightsOfOtherFormats) {
  const std::pair<const char*, const char*> found[] = {
      {"adapter_model.safetensors", "is a LoRA adapter"},
      {"pytorch_model.bin", "holds PyTorch weights"},
      {"pytorch_model.bin.index.json", "holds PyTorch weights"},
      {"pytorch_model-00001-of-00002.bin", "holds PyTorch weights"},
      {"adapter_model.bin", "is a LoRA adapter"},
      {"consolidated.00.pth", "holds original PyTorch weights"},
      {"consolidated.safetensors", "holds original (not Hugging Face) safetensors weights"},
      {"consolidated-00001-of-00005.safetensors", "convert_mistral_weights_to_hf.py"},
      {"tf_model.h5", "holds TensorFlow weights"},
      {"flax_model.msgpack", "holds Flax weights"},
      {"Llama-3.2-1B-Q4_K_M.gguf",
       "holds GGUF weights (\"Llama-3.2-1B-Q4_K_M.gguf\"); Sotto reads "
       "safetensors: use the checkpoint that it was made from"},
      {"model.pt", "holds PyTorch weights"},
      {"model.onnx", "holds ONNX weights"},
  };
  for (const auto& [name, what] : found) {
    dir_.Write(name, "x");
    ExpectFoundAndRefused(dir_, kUnimplementedForm, what);
    std::filesystem::remove(dir_.File(name));
  }
}

TEST_F(FoundDirectory, OtherFormatsUnderTheNameOfSafetensors) {
  const std::pair<std::string, const char*> found[] = {
      {std::string("PK\x03\x04\0\0\x08\x08\0\0archive/data.pkl", 25),
       "is a zip archive, as PyTorch"},
      {std::string("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 15), "is a pickle, as PyTorch"},
      {std::string("\x80\x04\x95\x10\0\0\0\0\0\0\0}q", 13), "is a pickle"},
      {std::string("GGUF\x03\0\0\0\x22\x01\0\0\0\0\0\0", 16), "is a GGUF file, whatever its name"},
      {std::string("\x89HDF\r\n\x1a\n\0\0", 10), "is an HDF5 file"},
      {std::string("\x1f\x8b\x08\x08\0\0\0\0\0\x03", 10),
       "is compressed (gzip), whatever its name; unpack it"},
      {std::string("\x28\xb5\x2f\xfd\x04\0\0\0\0\0", 10), "is compressed (zstd)"},
  };
  for (const auto& [bytes, what] : found) {
    dir_.Write("model.safetensors", bytes);
    ExpectFoundAndRefused(dir_, kUnimplementedForm, what);
    ExpectFoundAndRefused(dir_, kUnimplementedForm, "model.safetensors: is ");
  }
}

// The length of a header may spell what another format begins with.
TEST(OtherFormats, AHeadersLengthMaySpellThem) {
  const std::string header("\x80\x02\0\0\0\0\0\0{\"a", 11);
  EXPECT_TRUE(CheckIsNoOtherFormat(header, "x").ok());
  EXPECT_FALSE(CheckIsNoOtherFormat(header.substr(0, 8), "x").ok());
}

TEST_F(FoundDirectory, AnAdapterBesideWholeWeightsIsWarnedOf) {
  WriteFoundModel(1 << 20);
  EXPECT_THAT(Checkpoint::Open(dir_.path())->config().warnings, testing::IsEmpty());
  for (const char* name : {"adapter_config.json", "adapter_model.safetensors"}) {
    dir_.Write(name, "{}");
    const auto checkpoint = Checkpoint::Open(dir_.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_THAT(checkpoint->config().warnings,
                testing::ElementsAre(testing::HasSubstr("a LoRA adapter (" + std::string(name) +
                                                        "), which is not applied")));
    std::filesystem::remove(dir_.File(name));
  }
}

TEST_F(FoundDirectory, WithoutAConfig) {
  std::filesystem::remove(dir_.File("config.json"));
  ExpectFoundAndRefused(dir_, kMissingFile, "config.json");
  for (const char* name : {"x.gguf", "consolidated.safetensors", "pytorch_model.bin"}) {
    dir_.Write(name, "x");
    ExpectFoundAndRefused(dir_, kUnimplementedForm, name);
    std::filesystem::remove(dir_.File(name));
  }
  std::filesystem::create_directory(dir_.File("snapshots"));
  ExpectFoundAndRefused(dir_, kMissingFile, "is the folder of a Hugging Face cache");
  dir_.Write("params.json", "{}");
  ExpectFoundAndRefused(dir_, kUnimplementedForm, "params.json");
  dir_.Write("adapter_config.json", "{}");
  ExpectFoundAndRefused(dir_, kUnimplementedForm, "is a LoRA adapter");
}

TEST_F(FoundDirectory, ShardsWithoutTheirIndex) {
  WriteFoundModel(3500);
  std::filesystem::remove(dir_.File("model.safetensors.index.json"));
  ExpectFoundAndRefused(
      dir_, kMissingFile,
      "holds model-00001-of-00002.safetensors, but no model.safetensors.index.json");
}

TEST_F(FoundDirectory, AShardThatIsMissing) {
  WriteFoundModel(3500);
  std::filesystem::remove(dir_.File("model-00002-of-00002.safetensors"));
  ExpectFoundAndRefused(dir_, kMissingFile,
                        "index.json: names model-00002-of-00002.safetensors, which is not there");
}

// Its digest is that of a listing, as of all shards; and a sealed model holds it, too.
TEST_F(FoundDirectory, TheOnlyShardNeedsNoIndex) {
  WriteFoundModel(1 << 20);
  std::filesystem::rename(dir_.File("model.safetensors"),
                          dir_.File("model-00001-of-00001.safetensors"));
  const auto checkpoint = Checkpoint::Open(dir_.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->tensors().size(), RequiredTensors(TinyConfig()).size());
}

// A copy of a shard's bytes under another name holds all of its tensors again.
class TensorInTwoShards : public FoundDirectory {
 protected:
  void SetUp() override {
    WriteFoundModel(3500);
    index_ = nlohmann::json::parse(dir_.Read("model.safetensors.index.json"));
    // One more tensor, so that the index names the copy's file.
    std::filesystem::copy_file(dir_.File("model-00002-of-00002.safetensors"), dir_.File(kCopy));
    name_ = "model.norm.weight";
    index_["weight_map"][name_] = kCopy;
    dir_.Write("model.safetensors.index.json", index_.dump());
  }

  static constexpr char kCopy[] = "model-copy.safetensors";
  nlohmann::json index_;
  std::string name_;
};

TEST_F(TensorInTwoShards, OfTheSameBytesIsTaken) {
  const auto checkpoint = Checkpoint::Open(dir_.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->tensors().size(), RequiredTensors(TinyConfig()).size());
}

TEST_F(TensorInTwoShards, OfOtherBytesIsRefused) {
  std::string bytes = dir_.Read(kCopy);
  const auto file = SafetensorsFile::Open(dir_.File(kCopy));
  ASSERT_TRUE(file.ok());
  bytes[file->Find(name_)->begin] ^= 1;
  dir_.Write(kCopy, bytes);
  ExpectFoundAndRefused(dir_, kDamagedFile, "with other values");
}

TEST_F(TensorInTwoShards, OfAnotherTypeIsRefused) {
  const auto file = SafetensorsFile::Open(dir_.File(kCopy));
  ASSERT_TRUE(file.ok());
  const SafetensorsEntry entry = *file->Find(name_);
  const std::string bytes = dir_.Read(kCopy);
  const std::span<const uint8_t> values(
      reinterpret_cast<const uint8_t*>(bytes.data()) + entry.begin, entry.end - entry.begin);
  auto writer = SafetensorsWriter::Create(dir_.File(kCopy), {{name_, "U8", {values.size()}}});
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE(writer->Write(0, 0, values).ok());
  ASSERT_TRUE(writer->Commit().ok());
  ExpectFoundAndRefused(dir_, kDamagedFile, "of another dtype or shape");
}

TEST_F(FoundDirectory, JsonInPlaceOfWeights) {
  for (const char* text : {R"({"error": "Repository not found"})", R"( {"a":{}, "b": [1, 2]})"}) {
    dir_.Write("model.safetensors", text);
    ExpectFoundAndRefused(dir_, kDamagedFile, "is a JSON document, not weights");
  }
}

TEST_F(FoundDirectory, TensorsOfAnAdapterUnderTheNameOfAModel) {
  const std::string name =
      "base_model.model." + BlockTensorName(0, "self_attn.q_proj.lora_A.weight");
  auto writer = SafetensorsWriter::Create(dir_.File("model.safetensors"), {{name, "F32", {2, 2}}});
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE(writer->Commit().ok());
  ExpectFoundAndRefused(dir_, kUnimplementedForm, "is a LoRA adapter's");
}

// Of a checkpoint whose first projection is `tensor`, with the rest as it should be.
void ExpectQuantised(const std::string& name, const std::string& dtype, const std::string& what) {
  const TempDir dir;
  dir.Write("config.json", ConfigToJson(TinyConfig()));
  std::vector<TensorSpec> specs;
  for (const NamedShape& needed : RequiredTensors(TinyConfig())) {
    const bool replaced = needed.name == BlockTensorName(0, "self_attn.q_proj.weight");
    specs.push_back({replaced ? BlockTensorName(0, "self_attn.q_proj." + name) : needed.name,
                     replaced ? dtype : "F32", needed.shape});
  }
  auto writer = SafetensorsWriter::Create(dir.File("model.safetensors"), specs);
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE(writer->Commit().ok());
  ExpectFoundAndRefused(dir, kUnimplementedForm, what);
}

TEST(FoundWeights, QuantisedOnesAreCalledByTheirNames) {
  ExpectQuantised("weight", "F8_E4M3", "an FP8 checkpoint");
  ExpectQuantised("weight", "U8", "as bitsandbytes makes them");
  ExpectQuantised("qweight", "I32", "as GPTQ and AWQ checkpoints do");
}

TEST(FoundWeights, QuantisationThatTheConfigNames) {
  const std::pair<const char*, const char*> methods[] = {
      {R"({"quant_method": "fp8"})", "quantised, FP8"},
      {R"({"quant_method": "gptq", "bits": 4})", "quantised, GPTQ"},
      {R"({"quant_method": "bitsandbytes"})", "quantised, bitsandbytes"},
      {R"({"quant_method": "new"})", "quantised, \"new\""},
      {R"({"load_in_8bit": true})", "of a method that it does not name"},
  };
  for (const auto& [config, what] : methods) {
    nlohmann::json json = nlohmann::json::parse(ConfigToJson(TinyConfig()));
    json["quantization_config"] = nlohmann::json::parse(config);
    const absl::Status status = ParseConfig(json.dump(), "config.json").status();
    EXPECT_EQ(status.code(), kUnimplementedForm);
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(what));
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("use the F32, F16 or BF16"));
  }
}

}  // namespace
}  // namespace sotto
