#include "bound_model.h"

#include <algorithm>
#include <utility>

#include "arrays.h"
#include "pybind11/stl.h"
#include "sotto/scoring.h"
#include "status_error.h"

namespace py = pybind11;

namespace sotto_python {
namespace {

// Where nothing is said: long enough for most texts, and short enough that memory does not matter.
constexpr size_t kDefaultPrefillLength = 512;

absl::Status CheckProcess(pid_t process) {
  if (process == getpid()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the model was opened before this process was forked: open it in the child "
      "(multiprocessing: start method \"spawn\")");
}

// What `call` returns, called without the GIL.
template <typename Call>
auto WithoutGil(Call call) -> decltype(call()) {
  const py::gil_scoped_release release;
  return call();
}

const char* NameOf(sotto::HeadKind head) {
  switch (head) {
    case sotto::HeadKind::kLmHead:
      return "lm_head";
    case sotto::HeadKind::kClassifier:
      return "classifier";
    case sotto::HeadKind::kNone:
      return "none";
  }
  return "none";
}

py::list TextsOf(const std::vector<std::optional<std::string>>& texts) {
  py::list list;
  for (const std::optional<std::string>& text : texts) {
    list.append(text.has_value() ? py::object(ToStr(*text)) : py::none());
  }
  return list;
}

}  // namespace

BoundModel::BoundModel(const std::string& path, const sotto::ModelOptions& model_options,
                       const sotto::PrefillOptions& prefill_options, DefaultLength default_length)
    : options_(prefill_options) {
  ThrowIfError(WithoutGil([&]() -> absl::Status {
    if (const absl::Status valid = sotto::Validate(options_); !valid.ok()) return valid;
    absl::StatusOr<sotto::Model> model = sotto::Model::Open(path, model_options);
    if (!model.ok()) return model.status();
    if (default_length == DefaultLength::kYes) {
      options_.prefill_length = std::min(kDefaultPrefillLength, model->info().max_positions);
    }
    absl::StatusOr<sotto::Prefill> prefill = sotto::Prefill::Create(*model, options_);
    if (!prefill.ok()) return prefill.status();
    model_ = *std::move(model);
    prefill_ = *std::move(prefill);
    return absl::OkStatus();
  }));
  runner_ = std::make_unique<Runner>();
}

BoundModel::~BoundModel() {
  if (process_ != getpid()) {
    (void)runner_.release();  // Its thread is the parent's.
    return;
  }
  WithoutGil([this] {
    runner_.reset();
    prefill_.reset();
    model_.reset();
  });
}

void BoundModel::Close() {
  if (process_ != getpid()) return;
  ThrowIfError(runner_->Close());
  std::optional<sotto::Prefill> prefill = std::exchange(prefill_, std::nullopt);
  std::optional<sotto::Model> model = std::exchange(model_, std::nullopt);
  WithoutGil([&] {
    prefill.reset();
    model.reset();
  });
}

void BoundModel::CheckUsable() const {
  ThrowIfError(CheckProcess(process_));
  if (!model_.has_value()) ThrowIfError(absl::FailedPreconditionError("the model is closed"));
}

sotto::Model BoundModel::OpenModel() const {
  CheckUsable();
  return *model_;
}

py::dict BoundModel::Info() const {
  const sotto::Model model = OpenModel();
  const sotto::ModelInfo& info = model.info();
  py::list unknown_fields;
  for (const std::string& field : info.unknown_fields) unknown_fields.append(ToStr(field));
  py::list warnings;
  for (const std::string& text : info.warnings) warnings.append(ToStr("config.json: " + text));
  for (const std::string& text : info.weight_warnings) warnings.append(ToStr(text));
  if (!info.logits_warning.empty() && !options_.hidden_states_only) {
    warnings.append(ToStr(info.logits_warning));
  }
  for (const std::string& text : info.tokenizer_warnings) warnings.append(ToStr(text));
  for (const std::string& text : {info.bos_warning, info.eos_warning}) {
    if (!text.empty()) warnings.append(ToStr(text));
  }
  for (const std::string& text : info.embedding_warnings) warnings.append(ToStr(text));
  py::list labels;
  for (const std::string& label : info.head.labels) labels.append(ToStr(label));
  return py::dict(
      py::arg("name") = ToStr(info.name), py::arg("sealed") = info.sealed,
      py::arg("architecture") = info.architecture, py::arg("head") = NameOf(info.head.kind),
      py::arg("labels") = py::tuple(labels), py::arg("parameters") = info.parameters,
      py::arg("layers") = info.layers, py::arg("hidden_size") = info.hidden_size,
      py::arg("vocab_size") = info.vocab_size, py::arg("max_positions") = info.max_positions,
      py::arg("unknown_fields") = py::tuple(unknown_fields),
      py::arg("warnings") = py::tuple(warnings));
}

py::dict BoundModel::Digests() const {
  const sotto::Model model = OpenModel();
  const sotto::ModelDigestSet digests = ValueOrThrow(WithoutGil([&] { return model.Digests(); }));
  return py::dict(py::arg("model") = digests.model, py::arg("config") = digests.config,
                  py::arg("tokenizer") = digests.tokenizer, py::arg("weights") = digests.weights);
}

py::dict BoundModel::Precision() const {
  CheckUsable();
  const sotto::PrecisionReport& report = prefill_->precision();
  return py::dict(
      py::arg("linear") = report.linear, py::arg("linear_reason") = report.linear_reason,
      py::arg("fixed_weights") = report.fixed_weights, py::arg("attention") = report.attention,
      py::arg("attention_reason") = report.attention_reason);
}

int BoundModel::Threads() const {
  CheckUsable();
  return prefill_->threads();
}

bool BoundModel::HasTokenizer() const { return OpenModel().has_tokenizer(); }

sotto::TokenIds BoundModel::BosIds() const {
  const sotto::Model model = OpenModel();
  return {model.bos_ids().begin(), model.bos_ids().end()};
}

namespace {

py::object IdArrayOf(sotto::TokenIds ids) {
  const auto size = static_cast<py::ssize_t>(ids.size());
  return ArrayOf(std::move(ids), {size});
}

py::tuple ContinuationArrays(sotto::ContinuationIds ids) {
  py::list arrays;
  for (sotto::TokenIds& each : ids.continuations) arrays.append(IdArrayOf(std::move(each)));
  return py::make_tuple(IdArrayOf(std::move(ids.context)), arrays);
}

}  // namespace

py::list BoundModel::Encode(const std::vector<std::string>& texts, sotto::BosUse bos,
                            bool special_tokens) const {
  const sotto::Model model = OpenModel();
  std::vector<sotto::TokenIds> all(texts.size());
  ThrowIfError(WithoutGil([&]() -> absl::Status {
    for (size_t i = 0; i < texts.size(); ++i) {
      absl::StatusOr<sotto::TokenIds> ids =
          model.Encode(texts[i], {.bos = bos, .special_tokens = special_tokens});
      if (!ids.ok()) return ids.status();
      all[i] = *std::move(ids);
    }
    return absl::OkStatus();
  }));
  py::list arrays;
  for (sotto::TokenIds& ids : all) arrays.append(IdArrayOf(std::move(ids)));
  return arrays;
}

py::tuple BoundModel::EncodeContinuations(const std::string& context,
                                          const std::vector<std::string>& continuations,
                                          sotto::BosUse bos, bool special_tokens) const {
  const sotto::Model model = OpenModel();
  sotto::ContinuationIds ids = ValueOrThrow(WithoutGil([&] {
    return sotto::EncodeContinuations(model, context, continuations,
                                      {.bos = bos, .special_tokens = special_tokens});
  }));
  return ContinuationArrays(std::move(ids));
}

py::tuple BoundModel::EncodeLabels(const std::string& prompt,
                                   const std::vector<std::string>& labels, sotto::BosUse bos,
                                   bool special_tokens) const {
  const sotto::Model model = OpenModel();
  return ContinuationArrays(ValueOrThrow(WithoutGil([&] {
    return sotto::EncodeLabels(model, prompt, labels,
                               {.bos = bos, .special_tokens = special_tokens});
  })));
}

py::str BoundModel::Decode(const IdArray& ids) const {
  const sotto::Model model = OpenModel();
  const sotto::TokenIds copy = IdsOf(ids);
  return ToStr(ValueOrThrow(WithoutGil([&] { return model.Decode(copy); })));
}

py::list BoundModel::TokenTexts(const IdArray& ids, bool apart) const {
  const sotto::Model model = OpenModel();
  const sotto::TokenIds copy = IdsOf(ids);
  return TextsOf(
      WithoutGil([&] { return apart ? model.TokenTextsApart(copy) : model.TokenTexts(copy); }));
}

}  // namespace sotto_python
