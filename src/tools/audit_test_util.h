// Attacks on what a protection sends of a real prompt. Test-only.
#ifndef SOTTO_TOOLS_AUDIT_TEST_UTIL_H_
#define SOTTO_TOOLS_AUDIT_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "testing/ring_model.h"
#include "testing/test_data.h"
#include "tools/audit.h"
#include "trusted/split/blinder.h"

namespace sotto {

// The model that ships with the project, and 96 tokens of a prompt.
class AuditTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    checkpoint_ = new Checkpoint(*Checkpoint::Open(ShippedModelDir()));
    std::mt19937 rng(1);
    std::vector<int32_t> tokens(96);
    for (int32_t& token : tokens) token = static_cast<int32_t>(rng() % 2000);
    tokens[50] = tokens[3];  // Texts repeat themselves.
    ring_ = *ReadRingModel(*checkpoint_);
    subject_ = new AuditSubject(*MakeAuditSubject(*checkpoint_, 11000, tokens));
  }
  static void TearDownTestSuite() {
    delete checkpoint_;
    delete subject_;
    ring_ = nullptr;
  }

  // Sends the prompt through the first layer, and, so that there are words enough, the same rows
  // through the other blocks' as well.
  static std::vector<AuditFinding> Audit(Blinder& blinder) {
    Transcript transcript;
    transcript.set_product([](LinearLayer layer, ConstMatrixView<uint32_t> x) {
      Matrix<uint32_t> y(x.rows(), ShapeOf(checkpoint_->config(), layer).n_out);
      ring_->Multiply(layer, x, y.view());
      return y;
    });
    const ModelSpec& config = checkpoint_->config();
    constexpr size_t kRows = 48;
    const size_t n_in = config.hidden_size;
    Matrix<uint32_t> hidden(kRows, n_in), scratch(2, n_in);
    for (uint32_t block = 0; block < 16; ++block) {
      const LinearLayer layer{LinearKind::kQkv, block % static_cast<uint32_t>(config.num_layers())};
      const LinearLayer name =
          block < config.num_layers() ? layer : LinearLayer{LinearKind::kQkv, 1};
      for (size_t first = 0; first < subject_->tokens.size(); first += kRows) {
        auto blinding = blinder.Begin(name, kRows);
        EXPECT_TRUE(blinding.ok());
        const auto source = [&](size_t row, std::span<int32_t> x) {
          const auto token = static_cast<size_t>(subject_->tokens[first + row]);
          std::copy_n(subject_->vocabulary.view().row(token), n_in, x.begin());
        };
        (*blinding)->Hide(0, source, {scratch.view().data(), 2 * n_in}, hidden.view());
        for (size_t k = 0; k < blinder.servers(); ++k) {
          transcript.Record(k, name, (*blinding)->Message(k, hidden.view()));
        }
      }
    }
    return RunAttacks(transcript, *subject_);
  }

  static std::vector<std::string> Succeeded(const std::vector<AuditFinding>& findings) {
    std::vector<std::string> names;
    for (const AuditFinding& f : findings) {
      if (f.succeeded) names.push_back(f.attack);
    }
    return names;
  }
  static inline Checkpoint* checkpoint_ = nullptr;
  static inline AuditSubject* subject_ = nullptr;
  static inline std::shared_ptr<const RingModel> ring_ = nullptr;
};

}  // namespace sotto

#endif  // SOTTO_TOOLS_AUDIT_TEST_UTIL_H_
