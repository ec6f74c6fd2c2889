// `sotto connect` and `sotto provision` for tests: they believe quotes of a root of theirs, at the
// time of synthetic evidence. Usage: connect_under_test_root ROOT.pem connect|provision URL ...
#include <cstdio>
#include <string>

#include "base/check.h"
#include "base/file.h"
#include "cli/app.h"
#include "cli/connect_command.h"
#include "cli/provision_command.h"
#include "testing/synthetic_evidence.h"

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s ROOT.pem COMMAND URL ...\n", argv[0]), 2;
  const auto root = sotto::ReadFile(argv[1]);
  SOTTO_CHECK(root.ok());
  const auto believe = [&root](sotto::ConnectOptions& options) {
    options.insecure_test_root = *root;
    options.insecure_test_quote_time = sotto::kEvidenceTime;
  };
  const auto add = [&believe](CLI::App& app, sotto::Invocation& invocation) {
    sotto::AddConnectCommand(app, invocation, believe);
    sotto::AddProvisionCommand(app, invocation, believe);
  };
  return sotto::RunApp({.name = "sotto", .description = "For tests alone.", .add = add}, argc - 1,
                       argv + 1);
}
