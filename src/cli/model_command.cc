#include "cli/model_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/cpu.h"
#include "base/strings.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "model/config_presets.h"
#include "model/inspect.h"
#include "model/random_model.h"

namespace sotto {
namespace {

constexpr int kMaxThreads = 1024;
constexpr int64_t kMaxLayers = 4096;

absl::StatusOr<DType> ParseDType(const std::string& name) {
  for (const auto& [spelling, dtype] :
       {std::pair{"f32", DType::kF32}, {"f16", DType::kF16}, {"bf16", DType::kBF16}}) {
    if (name == spelling) return dtype;
  }
  return UsageError(StrCat("--dtype ", name, ": must be f32, f16 or bf16"));
}

void AddInspect(CLI::App& model, Invocation& invocation) {
  CLI::App* command = model.add_subcommand("inspect", "Print what a model is and what it needs.");
  const auto dir = std::make_shared<std::string>();
  command->add_option("DIR", *dir, "A Hugging Face model directory")->required();
  command->callback(
      [&invocation, dir] { invocation.run = [dir] { return RunModelInspect(*dir); }; });
}

void AddRandom(CLI::App& model, Invocation& invocation) {
  CLI::App* command = model.add_subcommand(
      "random", "Write a seeded random model of a real shape, to measure speed with.");
  const auto flags = std::make_shared<ModelRandomFlags>();
  command
      ->add_option("--like", flags->like,
                   "llama-3.2-1b, llama-3.1-8b, or a config.json (or its directory)")
      ->required();
  command->add_option("--out", flags->out, "The directory to write; must not exist, or be empty")
      ->required();
  command->add_option("--layers", flags->layers, "Number of layers (as many as the shape has)")
      ->check(CLI::Range(int64_t{1}, kMaxLayers));
  command->add_option("--seed", flags->seed, "Another seed, other weights (0)");
  command->add_option("--dtype", flags->dtype, "f32, f16 or bf16 (bf16)");
  command->add_option("--threads", flags->threads, "Threads (one a processor)")
      ->check(CLI::Range(1, kMaxThreads));
  command->callback(
      [&invocation, flags] { invocation.run = [flags] { return RunModelRandom(*flags); }; });
}

}  // namespace

absl::Status RunModelInspect(const std::string& model_dir) {
  SOTTO_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Open(model_dir));
  std::fputs(FormatSummary(SummarizeModel(checkpoint)).c_str(), stdout);
  return absl::OkStatus();
}

absl::Status RunModelRandom(const ModelRandomFlags& flags) {
  RandomModelOptions options;
  SOTTO_ASSIGN_OR_RETURN(options.config, ConfigLike(flags.like));
  SOTTO_ASSIGN_OR_RETURN(options.dtype, ParseDType(flags.dtype));
  if (flags.layers > 0) options.config.num_layers = static_cast<size_t>(flags.layers);
  options.seed = flags.seed;
  ThreadPool pool(flags.threads > 0 ? flags.threads : AvailableProcessors());
  return WriteRandomModel(options, flags.out, pool);
}

void AddModelCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* model = app.add_subcommand("model", "Look at a model, or make one.");
  model->require_subcommand(1);
  AddInspect(*model, invocation);
  AddRandom(*model, invocation);
}

}  // namespace sotto
