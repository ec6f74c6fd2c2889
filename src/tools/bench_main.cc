// `sotto-bench`: how fast this machine prefills. Not part of what an enclave runs: it can send rows
// in the clear.
#include "cli/app.h"
#include "tools/bench_command.h"
#include "trusted/split/protect_plain.h"

int main(int argc, char** argv) {
  sotto::AddPlainProtection();
  return sotto::RunApp(
      {.name = "sotto-bench",
       .description = "Measure prefill speed over lengths, batch sizes and precisions, "
                      "against the machine's own peaks.",
       .add = sotto::AddBench},
      argc, argv);
}
