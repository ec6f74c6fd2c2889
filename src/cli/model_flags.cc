#include "cli/model_flags.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/default_model.h"
#include "model/sealed_format.h"
#include "model/sha256.h"

namespace sotto {

ModelFlags::ModelFlags(CLI::App& app)
    : model_(app, {.flag = "--model",
                   .placeholder = "DIR",
                   .help = "Hugging Face directory of a model, or a sealed model's file",
                   .variable = "LLAMA_MODEL_PATH",
                   .shown_default = "the shipped model"}),
      weights_root_(
          app, {.flag = "--weights-root",
                .placeholder = "HEX",
                .help = "Refuse any sealed model but the one with this root, which `sotto model "
                        "seal` printed"}),
      key_file_(app, {.flag = "--key-file",
                      .placeholder = "FILE",
                      .help = "The key of an encrypted sealed model: 32 bytes, or 64 hex digits; - "
                              "for standard input"}),
      weight_cache_(app, {.flag = "--weight-cache",
                          .placeholder = "DIR",
                          .help = "Cache the packed weights in DIR, for a faster start next "
                                  "time; not for sealed or pinned models"}),
      model_sha256_(app, {.flag = "--model-sha256",
                          .placeholder = "HEX",
                          .help = "Refuse any model with another SHA-256 of config.json, "
                                  "tokenizer.json and weights (`sotto model inspect` prints it)"}),
      weights_sha256_(app, {.flag = "--weights-sha256",
                            .placeholder = "HEX",
                            .help = "Refuse any model with another SHA-256 of its weights"}) {}

absl::Status ModelFlags::Read(RunJob& options) const {
  SOTTO_RETURN_IF_ERROR(ReadPins(options));
  SOTTO_RETURN_IF_ERROR(ReadCache(options));
  SOTTO_RETURN_IF_ERROR(ReadSealing(options));
  SOTTO_ASSIGN_OR_RETURN(options.model_path, ModelOf(model_));
  return absl::OkStatus();
}

absl::Status ModelFlags::ReadPins(RunJob& options) const {
  for (const auto& [setting, pin] : {std::pair{&model_sha256_, &options.model.model_sha256},
                                     std::pair{&weights_sha256_, &options.model.weights_sha256}}) {
    *pin = absl::AsciiStrToLower(setting->value());
    if (setting->given() && !IsSha256Hex(*pin)) {
      return UsageError(StrCat(setting->source(), ": must be 64 hex digits"));
    }
  }
  return absl::OkStatus();
}

void ModelFlags::AddFiles(const RunJob& options, NamedFiles& files) const {
  files.AddModel(model_.source(), options.model_path);
  files.inputs.push_back({key_file_.source(), options.model.key_file});
  if (options.prefill.weight_cache_dir.empty()) return;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(options.prefill.weight_cache_dir, error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("sotto-") || !name.ends_with(".weights")) continue;
    files.outputs.push_back({weight_cache_.source(), entry.path()});
  }
}

absl::Status ModelFlags::ReadCache(RunJob& options) const {
  options.prefill.weight_cache_dir = weight_cache_.value();
  if (weight_cache_.given() && options.prefill.weight_cache_dir.empty()) {
    return UsageError("--weight-cache: the directory name is empty");
  }
  // The cache is not encrypted.
  if (weight_cache_.given() && key_file_.given()) {
    return UsageError("--weight-cache: would write an encrypted model's weights in the clear");
  }
  // Nor does anything in it prove which weights it was made of.
  const bool pinned = weights_root_.given() || model_sha256_.given() || weights_sha256_.given();
  if (weight_cache_.given() && pinned) {
    return UsageError(
        "--weight-cache: cannot be combined with --weights-root, --model-sha256 or "
        "--weights-sha256: the cache cannot be checked against them");
  }
  return absl::OkStatus();
}

absl::Status ModelFlags::ReadSealing(RunJob& options) const {
  options.model.key_file = InputPath(key_file_.value());
  if (!weights_root_.given()) return absl::OkStatus();
  const absl::StatusOr<Hash256> root = HashFromHex(weights_root_.value(), weights_root_.source());
  if (!root.ok()) return UsageError(ToStd(root.status().message()));
  options.model.sealed_root = HashToHex(*root);
  return absl::OkStatus();
}

}  // namespace sotto
