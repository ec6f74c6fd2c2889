// How fast a sealed model opens: every byte read from the page cache, verified and, with a key,
// decrypted, into fresh private memory. Arguments: encrypted (0 or 1), threads.
#include <benchmark/benchmark.h>

#include <string>

#include "base/check.h"
#include "base/strings.h"
#include "model/config_presets.h"
#include "model/random_model.h"
#include "model/sealed_model.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

// About 256 MB: one layer of the 1B shape and a quarter of its vocabulary.
struct SealedPair {
  TempDir dir;
  SealedPair() {
    ThreadPool pool(2);
    RandomModelOptions options;
    options.config = *ConfigLike("llama-3.2-1b");
    options.config.layers.resize(1);
    options.config.vocab_size = 32768;
    options.config.bos_token_ids = options.config.eos_token_ids = {};
    SOTTO_CHECK(WriteRandomModel(options, dir.File("model"), pool).ok());
    dir.Write("key", std::string(32, 'k'));
    for (const int encrypted : {0, 1}) {
      SOTTO_CHECK(SealModel(dir.File("model"), Path(encrypted), {KeyFile(encrypted)}, pool).ok());
    }
  }
  std::string Path(int encrypted) const { return dir.File(StrCat("sealed", encrypted)); }
  std::string KeyFile(int encrypted) const { return encrypted != 0 ? dir.File("key") : ""; }
};

void BM_OpenSealed(benchmark::State& state) {
  static const SealedPair pair;
  const int encrypted = static_cast<int>(state.range(0));
  ThreadPool pool(static_cast<int>(state.range(1)));
  // Once untimed: the file just written may not be in the page cache whole.
  SOTTO_CHECK(OpenSealedFiles(pair.Path(encrypted), {pair.KeyFile(encrypted)}, pool).ok());
  int64_t bytes = 0;
  for (auto _ : state) {
    const auto files = OpenSealedFiles(pair.Path(encrypted), {pair.KeyFile(encrypted)}, pool);
    SOTTO_CHECK(files.ok());
    bytes += static_cast<int64_t>((*(*files)->Open("model.safetensors"))->size());
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(BM_OpenSealed)
    ->ArgNames({"encrypted", "threads"})
    ->ArgsProduct({{0, 1}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sotto
