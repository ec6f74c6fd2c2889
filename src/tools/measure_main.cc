// `sotto-measure`: `sotto` with protection plain, for measurements. Not part of what an enclave
// runs: it can send everything in the clear, which `sotto` has no code for.
#include "cli/sotto_app.h"
#include "trusted/split/protect_plain.h"

int main(int argc, char** argv) {
  sotto::AddPlainProtection();
  return sotto::RunSotto("sotto-measure", argc, argv);
}
