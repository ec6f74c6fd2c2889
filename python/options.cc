#include "options.h"

#include "pybind11/chrono.h"
#include "pybind11/stl.h"
#include "sotto/model.h"
#include "sotto/prefill.h"
#include "sotto/split.h"

namespace py = pybind11;

namespace sotto_python {
namespace {

void BindEnums(py::module_& module) {
  py::enum_<sotto::Precision>(module, "Precision")
      .value("f32", sotto::Precision::kF32)
      .value("bf16", sotto::Precision::kBf16)
      .value("int8", sotto::Precision::kInt8)
      .value("fixed", sotto::Precision::kFixed);
  py::enum_<sotto::FixedWeights>(module, "FixedWeights")
      .value("bits12", sotto::FixedWeights::k12Bits)
      .value("bits8", sotto::FixedWeights::k8Bits);
  py::enum_<sotto::AttentionPrecision>(module, "AttentionPrecision")
      .value("f32", sotto::AttentionPrecision::kF32)
      .value("bf16", sotto::AttentionPrecision::kBf16);
  py::enum_<sotto::Positions>(module, "Positions")
      .value("all", sotto::Positions::kAll)
      .value("last", sotto::Positions::kLast);
  py::enum_<sotto::Pooling>(module, "Pooling")
      .value("last", sotto::Pooling::kLast)
      .value("mean", sotto::Pooling::kMean)
      .value("all", sotto::Pooling::kAll);
  py::enum_<sotto::BosUse>(module, "BosUse")
      .value("auto", sotto::BosUse::kAuto)
      .value("always", sotto::BosUse::kAlways)
      .value("never", sotto::BosUse::kNever);
  py::enum_<sotto::Protection>(module, "Protection")
      .value("shares", sotto::Protection::kShares)
      .value("pads", sotto::Protection::kPads);
  py::enum_<sotto::RelayUse>(module, "RelayUse")
      .value("where_possible", sotto::RelayUse::kWherePossible)
      .value("required", sotto::RelayUse::kRequired)
      .value("never", sotto::RelayUse::kNever);
  py::enum_<sotto::DataPlane>(module, "DataPlane")
      .value("auto", sotto::DataPlane::kAuto)
      .value("shm", sotto::DataPlane::kShm)
      .value("tcp", sotto::DataPlane::kTcp)
      .value("grpc", sotto::DataPlane::kGrpc);
  py::enum_<sotto::WhenOut>(module, "WhenOut")
      .value("wait", sotto::WhenOut::kWait)
      .value("local", sotto::WhenOut::kLocal)
      .value("fail", sotto::WhenOut::kFail);
}

void BindModelOptions(py::module_& module) {
  py::class_<sotto::ModelOptions>(module, "ModelOptions")
      .def(py::init<>())
      .def_readwrite("model_sha256", &sotto::ModelOptions::model_sha256)
      .def_readwrite("weights_sha256", &sotto::ModelOptions::weights_sha256)
      .def_readwrite("sealed_root", &sotto::ModelOptions::sealed_root)
      .def_readwrite("key_file", &sotto::ModelOptions::key_file)
      .def_readwrite("threads", &sotto::ModelOptions::threads);
}

void BindPrefillOptions(py::module_& module) {
  py::class_<sotto::PrefillOptions>(module, "PrefillOptions")
      .def(py::init<>())
      .def_readwrite("prefill_length", &sotto::PrefillOptions::prefill_length)
      .def_readwrite("batch_size", &sotto::PrefillOptions::batch_size)
      .def_readwrite("precision", &sotto::PrefillOptions::precision)
      .def_readwrite("attention_precision", &sotto::PrefillOptions::attention_precision)
      .def_readwrite("fixed_weights", &sotto::PrefillOptions::fixed_weights)
      .def_readwrite("threads", &sotto::PrefillOptions::threads)
      .def_readwrite("pad_compute", &sotto::PrefillOptions::pad_compute)
      .def_readwrite("oblivious_embedding", &sotto::PrefillOptions::oblivious_embedding)
      .def_readwrite("positions", &sotto::PrefillOptions::positions)
      .def_readwrite("hidden_states_only", &sotto::PrefillOptions::hidden_states_only)
      .def_readwrite("weight_cache_dir", &sotto::PrefillOptions::weight_cache_dir)
      .def_readwrite("split", &sotto::PrefillOptions::split);
}

void BindSplitOptions(py::module_& module) {
  py::class_<sotto::PadSettings>(module, "PadSettings")
      .def(py::init<>())
      .def_readwrite("memory_bytes", &sotto::PadSettings::memory_bytes)
      .def_readwrite("directory", &sotto::PadSettings::directory)
      .def_readwrite("directory_bytes", &sotto::PadSettings::directory_bytes)
      .def_readwrite("when_out", &sotto::PadSettings::when_out);
  py::class_<sotto::SplitOptions>(module, "SplitOptions")
      .def(py::init<>())
      .def_readwrite("endpoints", &sotto::SplitOptions::endpoints)
      .def_readwrite("protection", &sotto::SplitOptions::protection)
      .def_readwrite("pinned_keys", &sotto::SplitOptions::pinned_keys)
      .def_readwrite("roots", &sotto::SplitOptions::roots)
      .def("set_certificate",
           [](sotto::SplitOptions& options, std::string chain, std::string private_key) {
             options.certificate = {std::move(chain), std::move(private_key)};
           })
      .def_readwrite("insecure_channels", &sotto::SplitOptions::insecure_channels)
      .def_readwrite("relay", &sotto::SplitOptions::relay)
      .def_readwrite("relay_peer", &sotto::SplitOptions::relay_peer)
      .def_readwrite("data_plane", &sotto::SplitOptions::data_plane)
      .def_readwrite("connect_timeout", &sotto::SplitOptions::connect_timeout)
      .def_readwrite("exchange_timeout", &sotto::SplitOptions::exchange_timeout)
      .def_readwrite("retries", &sotto::SplitOptions::retries)
      .def_readwrite("pads", &sotto::SplitOptions::pads);
}

}  // namespace

void BindOptions(py::module_& module) {
  BindEnums(module);
  BindModelOptions(module);
  BindPrefillOptions(module);
  BindSplitOptions(module);
}

}  // namespace sotto_python
