#include "cli/score_difference.h"

#include <array>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "cli/score_check.h"
#include "cli/score_job.h"
#include "cli/text_encoding.h"
#include "sotto/precision.h"
#include "sotto/scores.h"
#include "trusted/linear/local.h"

namespace sotto {
namespace {

using SettingsJson = nlohmann::ordered_json;

// Other settings, and what they are called.
struct Candidate {
  SettingsJson settings;
  std::string name;
};

class Candidates {
 public:
  explicit Candidates(SettingsJson settings) : settings_(std::move(settings)) {}

  void Add(const char* key, SettingsJson value, std::string name) {
    SettingsJson other = settings_;
    other[key] = std::move(value);
    list_.push_back({std::move(other), std::move(name)});
  }
  void Add(Candidate candidate) { list_.push_back(std::move(candidate)); }

  const SettingsJson& settings() const { return settings_; }
  const std::vector<Candidate>& list() const { return list_; }

 private:
  const SettingsJson settings_;
  std::vector<Candidate> list_;
};

std::string WithOrWithout(bool with, std::string_view flag) {
  return StrCat(with ? "with " : "without ", flag);
}

// One of them or both: the one follows the other where it is not given.
void AddPrecisions(Candidates& candidates) {
  for (const Precision linear :
       {Precision::kF32, Precision::kBf16, Precision::kInt8, Precision::kFixed}) {
    for (const AttentionPrecision attention :
         {AttentionPrecision::kF32, AttentionPrecision::kBf16}) {
      Candidate other{candidates.settings(), "with "};
      other.settings["precision"] = PrecisionName(linear);
      other.settings["attention"] = AttentionPrecisionName(attention);
      const bool same_linear = other.settings["precision"] == candidates.settings()["precision"];
      const bool same_attention = other.settings["attention"] == candidates.settings()["attention"];
      if (!same_linear) other.name += StrCat("--precision ", PrecisionName(linear));
      if (!same_linear && !same_attention) other.name += " and ";
      if (!same_attention) {
        other.name += StrCat("--attention-precision ", AttentionPrecisionName(attention));
      }
      candidates.Add(std::move(other));
    }
  }
}

void AddFixedWeights(Candidates& candidates) {
  if (candidates.settings()["precision"] != PrecisionName(Precision::kFixed)) return;
  for (const FixedWeights width : {FixedWeights::k12Bits, FixedWeights::k8Bits}) {
    const int bits = FixedWeightBits(width);
    candidates.Add("fixed_weights", bits, StrCat("with --fixed-weights ", bits));
  }
}

void AddEncodings(Candidates& candidates) {
  for (const std::string_view bos : kBosNames) {
    candidates.Add("bos", bos, StrCat("with --bos ", bos));
  }
  for (const std::string_view special : kSpecialTokensNames) {
    candidates.Add("special_tokens", special, StrCat("with --special-tokens ", special));
  }
  for (const bool text : {false, true}) {
    candidates.Add("text", text, StrCat("with --input-format ", text ? "text" : "jsonl"));
  }
}

void AddLists(Candidates& candidates) {
  for (const bool sums : {false, true}) {
    candidates.Add("sums_only", sums, WithOrWithout(sums, "--sums-only"));
  }
  candidates.Add("top_k", 0, "without --top-k");
  for (size_t k = 1; k <= kMaxTopK; ++k) candidates.Add("top_k", k, StrCat("with --top-k ", k));
}

void AddEmbeddings(Candidates& candidates, const SettingsJson& line) {
  const SettingsJson& settings = candidates.settings();
  if (!settings.contains("embed")) return;
  const auto add = [&](size_t part, SettingsJson value, std::string name) {
    SettingsJson embed = settings["embed"];
    embed[part] = std::move(value);
    candidates.Add("embed", std::move(embed), std::move(name));
  };
  for (size_t pooling = 0; pooling < kPoolingNames.size(); ++pooling) {
    add(0, static_cast<int>(pooling), StrCat("with --pooling ", kPoolingNames[pooling]));
  }
  add(1, 0, "without --dimensions");
  if (line.contains("dimensions") && line["dimensions"].is_number_unsigned()) {
    add(1, line["dimensions"], StrCat("with --dimensions ", line["dimensions"].get<size_t>()));
  }
  for (const bool scaled : {false, true}) add(2, scaled, WithOrWithout(scaled, "--normalize"));
}

}  // namespace

std::optional<std::string> DifferingSetting(std::string_view settings, std::string_view bytes,
                                            const nlohmann::ordered_json& line) {
  Candidates candidates(SettingsJson::parse(settings));
  AddPrecisions(candidates);
  AddFixedWeights(candidates);
  AddEncodings(candidates);
  AddLists(candidates);
  AddEmbeddings(candidates, line);
  for (const Candidate& candidate : candidates.list()) {
    CheckChain chain(candidate.settings.dump());
    chain.Add(bytes);
    if (chain.check() == line["check"]) return candidate.name;
  }
  return std::nullopt;
}

}  // namespace sotto
