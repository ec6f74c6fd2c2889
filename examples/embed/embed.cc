// How likely a model finds each token of a text: Sotto in a program of your own.
//   embed MODEL TEXT
#include <cstdio>

#include "sotto/prefill.h"

namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: embed MODEL TEXT\n"), 2;
  const absl::StatusOr<sotto::Model> model = sotto::Model::Open(argv[1]);
  if (!model.ok()) return Fail(model.status());
  absl::StatusOr<sotto::Prefill> prefill =
      sotto::Prefill::Create(*model, {.precision = sotto::Precision::kF32});
  if (!prefill.ok()) return Fail(prefill.status());
  const absl::StatusOr<sotto::TokenIds> ids = model->Encode(argv[2]);
  if (!ids.ok()) return Fail(ids.status());
  const auto scores = prefill->Score(std::vector<sotto::TokenIds>{*ids});
  if (!scores.ok()) return Fail(scores.status());
  const std::vector<std::optional<std::string>> texts = model->TokenTexts(*ids);
  for (size_t i = 0; i < ids->size(); ++i) {
    std::printf("%8d  %24.17g  %s\n", (*ids)[i], scores->front().logprobs[i],
                texts[i].value_or("?").c_str());
  }
}
