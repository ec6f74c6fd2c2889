// What sotto.Model is a handle to: an open model, its Prefill, and the thread that runs it.
#ifndef SOTTO_PYTHON_BOUND_MODEL_H_
#define SOTTO_PYTHON_BOUND_MODEL_H_

#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrays.h"
#include "pybind11/pybind11.h"
#include "runner.h"
#include "sotto/prefill.h"

namespace sotto_python {

// Whether prefill_length is the default of the Python module, which depends on the model.
enum class DefaultLength { kNo, kYes };

// Called with the GIL, which every call that takes long releases. sotto/_model.py checks arguments
// and says what they mean; errors are thrown as StatusError, and call prompts "prompts[0]", ...
// Thread-safe. In a child of fork(), calls throw FAILED_PRECONDITION.
class BoundModel {
 public:
  BoundModel(const std::string& path, const sotto::ModelOptions& model_options,
             const sotto::PrefillOptions& prefill_options, DefaultLength default_length);
  ~BoundModel();
  BoundModel(const BoundModel&) = delete;
  BoundModel& operator=(const BoundModel&) = delete;

  // Ends the run under way, and gives back memory and connections. Nothing in a child of fork().
  void Close();

  // The fields of the library's structs, for the classes of sotto/_results.py.
  pybind11::dict Info() const;
  pybind11::dict Digests() const;
  pybind11::dict Precision() const;
  int Threads() const;
  size_t PrefillLength() const { return options_.prefill_length; }

  bool HasTokenizer() const;
  sotto::TokenIds BosIds() const;
  // Of each text, which is UTF-8, an array of ids.
  pybind11::list Encode(const std::vector<std::string>& texts, sotto::BosUse bos,
                        bool special_tokens) const;
  // The context's array, and a list with one for each continuation (sotto/scoring.h).
  pybind11::tuple EncodeContinuations(const std::string& context,
                                      const std::vector<std::string>& continuations,
                                      sotto::BosUse bos, bool special_tokens) const;
  pybind11::tuple EncodeLabels(const std::string& prompt, const std::vector<std::string>& labels,
                               sotto::BosUse bos, bool special_tokens) const;
  pybind11::str Decode(const IdArray& ids) const;
  pybind11::list TokenTexts(const IdArray& ids, bool apart) const;

  // Of each prompt (logprobs [n], top_ids [n, top_k], top_logprobs [n, top_k], sum, tokens,
  // perplexity or None).
  pybind11::list Score(const std::vector<IdArray>& prompts, size_t top_k,
                       const std::vector<size_t>& first_tokens, pybind11::object progress);
  // All: of each prompt an array [n, vocab_size]; last: one array [prompts, vocab_size].
  pybind11::object Logits(const std::vector<IdArray>& prompts, sotto::Positions positions,
                          pybind11::object progress);
  // Of each prompt, the log-probabilities of its tokens after its position: as many of both as
  // prompts.
  pybind11::list LogprobsOf(const std::vector<IdArray>& prompts, const std::vector<IdArray>& tokens,
                            const std::vector<size_t>& positions, pybind11::object progress);
  // Of each prompt an array [rows, dimensions or, of 0, hidden_size].
  pybind11::list Embed(const std::vector<IdArray>& prompts, sotto::Pooling pooling,
                       size_t dimensions, bool normalize, pybind11::object progress);
  // (logits [prompts, labels], probabilities [prompts, labels] or None).
  pybind11::tuple Classify(const std::vector<IdArray>& prompts, pybind11::object progress);

 private:
  void CheckUsable() const;
  // A copy, which stays open while the GIL is released.
  sotto::Model OpenModel() const;
  // Runs `job`, which uses prefill_, and throws its error.
  void Run(size_t prompts, pybind11::object progress, const Runner::Job& job);

  const pid_t process_ = getpid();
  sotto::PrefillOptions options_;
  std::optional<sotto::Model> model_;      // Nullopt: closed.
  std::optional<sotto::Prefill> prefill_;  // The same.
  std::unique_ptr<Runner> runner_;
};

}  // namespace sotto_python

#endif  // SOTTO_PYTHON_BOUND_MODEL_H_
