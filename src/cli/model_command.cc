#include "cli/model_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/cpu.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/thread_pool.h"
#include "cli/api_errors.h"
#include "cli/config_warning.h"
#include "cli/default_model.h"
#include "cli/named_files.h"
#include "cli/setting.h"
#include "model/checkpoint.h"
#include "model/config_presets.h"
#include "model/inspect.h"
#include "model/random_model.h"
#include "model/sealed_model.h"

namespace sotto {
namespace {

constexpr int kMaxSealingThreads = 1024;
constexpr int64_t kMaxLayers = 4096;

int PoolSize(int threads) { return threads > 0 ? threads : AvailableProcessors(); }

absl::StatusOr<DType> ParseDType(const std::string& name) {
  for (const auto& [spelling, dtype] :
       {std::pair{"f32", DType::kF32}, {"f16", DType::kF16}, {"bf16", DType::kBF16}}) {
    if (name == spelling) return dtype;
  }
  return UsageError(StrCat("--dtype ", name, ": must be f32, f16 or bf16"));
}

void AddThreads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "Number of threads (all processors)")
      ->type_name("N")
      ->check(CLI::Range(1, kMaxSealingThreads));
}

void AddInspect(CLI::App& model, Invocation& invocation) {
  CLI::App* command =
      model.add_subcommand("inspect", "Print a model's shape, memory needs and digests");
  const auto flags = std::make_shared<ModelInspectFlags>();
  command->add_option("DIR", flags->model, "A Hugging Face model directory, or a sealed model")
      ->required();
  command->add_option("--key-file", flags->key_file, "The key of an encrypted sealed model")
      ->type_name("FILE");
  command->callback(
      [&invocation, flags] { invocation.run = [flags] { return RunModelInspect(*flags); }; });
}

void AddSeal(CLI::App& model, Invocation& invocation) {
  CLI::App* command =
      model.add_subcommand("seal", "Write a model as one file that is verified as it is loaded");
  const auto flags = std::make_shared<ModelSealFlags>();
  command->add_option("DIR", flags->model_dir, "A Hugging Face model directory")->required();
  command->add_option("--out", flags->out, "The file to write")->type_name("FILE")->required();
  command
      ->add_option("--key-file", flags->key_file,
                   "Also encrypt, with this key: 32 bytes, or 64 hex digits")
      ->type_name("FILE");
  AddThreads(*command, flags->threads);
  command->callback(
      [&invocation, flags] { invocation.run = [flags] { return RunModelSeal(*flags); }; });
}

void AddRandom(CLI::App& model, Invocation& invocation) {
  CLI::App* command =
      model.add_subcommand("random", "Write a random model of a real shape, to measure speed with");
  const auto flags = std::make_shared<ModelRandomFlags>();
  command
      ->add_option("--like", flags->like,
                   "llama-3.2-1b, llama-3.1-8b, or a config.json (or its directory)")
      ->type_name("SHAPE")
      ->required();
  command->add_option("--out", flags->out, "The directory to write; must be empty or not exist")
      ->type_name("DIR")
      ->required();
  command->add_option("--layers", flags->layers, "Number of layers (that of the shape)")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, kMaxLayers));
  command->add_option("--seed", flags->seed, "Seed of the random weights (0)")->type_name("N");
  command->add_option("--dtype", flags->dtype, "f32, f16 or bf16 (bf16)")->type_name("TYPE");
  AddThreads(*command, flags->threads);
  command->callback(
      [&invocation, flags] { invocation.run = [flags] { return RunModelRandom(*flags); }; });
}

}  // namespace

absl::Status RunModelInspect(const ModelInspectFlags& flags) {
  SOTTO_RETURN_IF_ERROR(CheckMayBeModel("DIR", flags.model));
  ThreadPool pool(AvailableProcessors());
  UnsealOptions unseal{.key_file = InputPath(flags.key_file)};
  if (IsSealedModelPath(flags.model)) {
    SOTTO_ASSIGN_OR_RETURN(unseal.root, ReadSealedRoot(flags.model));
  }
  const absl::StatusOr<Checkpoint> opened = OpenModel(flags.model, unseal, pool);
  SOTTO_RETURN_IF_ERROR(InFlagTerms(opened.status()));
  const Checkpoint& checkpoint = *opened;
  // The root is the file's own too, so the digest it claims for its weights is checked.
  SOTTO_RETURN_IF_ERROR(checkpoint.HashWeights(pool).status());
  WarnOfConfig(checkpoint.directory(), checkpoint.config().unknown_fields,
               checkpoint.config().warnings);
  WarnOfWeights(checkpoint.directory(), checkpoint.config().weight_warnings,
                checkpoint.config().logits_warning);
  SOTTO_ASSIGN_OR_RETURN(const ModelDigests digests, checkpoint.Digests(pool));
  std::fputs(FormatSummary(SummarizeModel(checkpoint)).c_str(), stdout);
  std::fputs(FormatDigests(digests, unseal.root.has_value() ? HashToHex(*unseal.root) : "").c_str(),
             stdout);
  return absl::OkStatus();
}

absl::Status RunModelSeal(const ModelSealFlags& flags) {
  SOTTO_RETURN_IF_ERROR(CheckMayBeModel("DIR", flags.model_dir));
  if (flags.out == "-") return UsageError("--out: must be a file, not standard output");
  NamedFiles files;
  files.AddModel("DIR", flags.model_dir);
  const std::string key_file = InputPath(flags.key_file);
  files.inputs.push_back({"--key-file", key_file});
  files.outputs.push_back({"--out", flags.out});
  SOTTO_RETURN_IF_ERROR(files.CheckApart());
  ThreadPool pool(PoolSize(flags.threads));
  SOTTO_ASSIGN_OR_RETURN(const Hash256 root,
                         SealModel(flags.model_dir, flags.out, {.key_file = key_file}, pool));
  Notice(StrCat(flags.out, ": ", key_file.empty() ? "sealed" : "sealed and encrypted",
                "; its root, for --weights-root:"));
  std::printf("%s\n", HashToHex(root).c_str());
  return absl::OkStatus();
}

absl::Status RunModelRandom(const ModelRandomFlags& flags) {
  RandomModelOptions options;
  SOTTO_ASSIGN_OR_RETURN(options.config, ConfigLike(flags.like));
  SOTTO_ASSIGN_OR_RETURN(options.dtype, ParseDType(flags.dtype));
  if (flags.layers > 0) {
    options.config.layers.resize(static_cast<size_t>(flags.layers), options.config.layers.back());
  }
  options.seed = flags.seed;
  ThreadPool pool(PoolSize(flags.threads));
  SOTTO_RETURN_IF_ERROR(WriteRandomModel(options, flags.out, pool));
  Notice(StrCat(flags.out, ": a model of ", options.config.num_layers(),
                options.config.num_layers() == 1 ? " layer" : " layers", " with random ",
                flags.dtype, " weights, seed ", flags.seed));
  return absl::OkStatus();
}

void AddModelCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* model = app.add_subcommand("model", "Inspect a model, make one, or seal one");
  model->require_subcommand(1);
  AddInspect(*model, invocation);
  AddRandom(*model, invocation);
  AddSeal(*model, invocation);
}

}  // namespace sotto
