// The extension sotto._native: what the Python of sotto/ is written over. Its types are in
// sotto/_native.pyi; it trusts its callers to pass them.
#include "bound_model.h"
#include "options.h"
#include "pybind11/pybind11.h"
#include "pybind11/stl.h"
#include "status_error.h"

namespace py = pybind11;

PYBIND11_MODULE(_native, module) {
  using sotto_python::BoundModel;
  py::options options;
  options.disable_function_signatures();
  sotto_python::RegisterStatusError();
  sotto_python::BindOptions(module);
  module.attr("VERSION") = SOTTO_VERSION;
  module.attr("MAX_TOP_K") = sotto::kMaxTopK;
  py::class_<BoundModel>(module, "Model")
      .def(py::init([](const py::bytes& path, const sotto::ModelOptions& model_options,
                       const sotto::PrefillOptions& prefill_options, bool default_length) {
             return std::make_unique<BoundModel>(path, model_options, prefill_options,
                                                 default_length ? sotto_python::DefaultLength::kYes
                                                                : sotto_python::DefaultLength::kNo);
           }),
           py::arg("path"), py::arg("model_options"), py::arg("prefill_options"),
           py::arg("default_length"))
      .def("close", &BoundModel::Close)
      .def("info", &BoundModel::Info)
      .def("digests", &BoundModel::Digests)
      .def("precision", &BoundModel::Precision)
      .def("threads", &BoundModel::Threads)
      .def("prefill_length", &BoundModel::PrefillLength)
      .def("has_tokenizer", &BoundModel::HasTokenizer)
      .def("bos_ids", &BoundModel::BosIds)
      .def("encode", &BoundModel::Encode, py::arg("texts"), py::arg("add_bos"),
           py::arg("special_tokens"))
      .def("encode_continuations", &BoundModel::EncodeContinuations, py::arg("context"),
           py::arg("continuations"), py::arg("add_bos"), py::arg("special_tokens"))
      .def("encode_labels", &BoundModel::EncodeLabels, py::arg("prompt"), py::arg("labels"),
           py::arg("add_bos"), py::arg("special_tokens"))
      .def("decode", &BoundModel::Decode, py::arg("ids"))
      .def("token_texts", &BoundModel::TokenTexts, py::arg("ids"), py::arg("apart"))
      .def("score", &BoundModel::Score, py::arg("prompts"), py::arg("top_k"),
           py::arg("first_tokens"), py::arg("progress"))
      .def("logits", &BoundModel::Logits, py::arg("prompts"), py::arg("positions"),
           py::arg("progress"))
      .def("logprobs_of", &BoundModel::LogprobsOf, py::arg("prompts"), py::arg("tokens"),
           py::arg("positions"), py::arg("progress"))
      .def("embed", &BoundModel::Embed, py::arg("prompts"), py::arg("pooling"),
           py::arg("dimensions"), py::arg("normalize"), py::arg("progress"))
      .def("classify", &BoundModel::Classify, py::arg("prompts"), py::arg("progress"));
}
