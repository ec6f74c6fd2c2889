#include "cli/serve_flags.h"

#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "cli/command.h"

namespace sotto {
namespace {

constexpr int64_t kLongestServed = std::numeric_limits<int32_t>::max();
// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kPoolings = {"last", "mean"};

}  // namespace

ServeFlags::ServeFlags(CLI::App& app)
    : model_(app),
      listen_(app),
      identity_(app),
      test_attester_(AddTestAttesterFlag(app)),
      served_model_name_(app, {.flag = "--served-model-name",
                               .placeholder = "NAME",
                               .help = "What clients call the model",
                               .shown_default = "the name of its directory"}),
      prefill_length_(app, {.flag = "--prefill-length",
                            .placeholder = "N",
                            .help = "Longest prompt, in tokens",
                            .variable = "LLAMA_PREFILL_LENGTH",
                            .shown_default = "the model's positions, at most 2048; 128 where "
                                             "padding is computed"}),
      batch_size_(app, {.flag = "--batch-size",
                        .placeholder = "N",
                        .help = "Most prompts of a forward pass",
                        .variable = "LLAMA_TEE_BATCH_SIZE",
                        .shown_default = "32; 1 where padding is computed"}),
      batch_tokens_(app, {.flag = "--batch-tokens",
                          .placeholder = "N",
                          .help = "Most tokens of a forward pass of several prompts",
                          .default_value = "1024"}),
      urgent_tokens_(app, {.flag = "--urgent-tokens",
                           .placeholder = "N",
                           .help = "Requests of up to so many tokens run in the pauses of passes "
                                   "three times as long; 0: none",
                           .default_value = "256",
                           .shown_default = "256; none where padding is computed"}),
      limits_(app),
      share_prefixes_(AddSwitch(app, "--share-prefixes-across-clients",
                                "Compute a beginning that prompts of several requests have in "
                                "common once; its time tells clients what others ask")),
      embedding_pooling_(app, {.flag = "--embedding-pooling",
                               .placeholder = "P",
                               .help = "What embeddings are of: the last token, or the mean of all",
                               .default_value = "last"}),
      rerank_template_(app, {.flag = "--rerank-template",
                             .placeholder = "FILE",
                             .help = "The reranker's template, with {query}, {document} and "
                                     "perhaps {instruction}",
                             .shown_default = "none: no reranking"}),
      rerank_labels_(app, {.flag = "--rerank-labels",
                           .placeholder = "YES,NO",
                           .help = "The answers of a yes/no reranker for a document and against "
                                   "it, to the blank",
                           .default_value = "yes,no"}),
      execution_(app,
                 {.linear = "f32", .attention = "f32", .shown_linear = "f32; with --split fixed"},
                 {.certificate = "--client-cert", .key = "--client-key"}) {}

absl::Status ServeFlags::ReadShape(ServeJob& job) const {
  job.prefill_length_source = prefill_length_.source();
  job.default_length = !prefill_length_.given();
  job.default_batch = !batch_size_.given();
  if (!job.default_length) {
    SOTTO_ASSIGN_OR_RETURN(job.prefill.prefill_length, prefill_length_.Integer(1, kLongestServed));
  }
  if (!job.default_batch) {
    SOTTO_ASSIGN_OR_RETURN(job.prefill.batch_size, batch_size_.Integer(1, 65536));
  }
  SOTTO_ASSIGN_OR_RETURN(job.service.scheduler.pass.tokens,
                         batch_tokens_.Integer(1, kLongestServed));
  SOTTO_ASSIGN_OR_RETURN(job.service.scheduler.urgent.tokens,
                         urgent_tokens_.Integer(0, kLongestServed));
  SOTTO_ASSIGN_OR_RETURN(const size_t pooling, embedding_pooling_.Choice(kPoolings));
  job.service.embedding_pooling = static_cast<Pooling>(pooling);
  return absl::OkStatus();
}

// Blanks belong to labels: " yes" is another token than "yes".
absl::StatusOr<std::array<std::string, 2>> ServeFlags::ReadLabels() const {
  const std::string value = rerank_labels_.value();
  const size_t comma = value.find(',');
  if (comma == 0 || comma + 1 >= value.size() || value.find(',', comma + 1) != std::string::npos) {
    return UsageError(StrCat(rerank_labels_.source(), ": must be two words, such as yes,no"));
  }
  std::array<std::string, 2> labels = {value.substr(0, comma), value.substr(comma + 1)};
  if (labels[0].starts_with(' ') == labels[1].starts_with(' ')) return labels;
  return UsageError(StrCat(rerank_labels_.source(), ": one label begins with a blank, \"", value,
                           "\", and the other does not: blanks are part of labels"));
}

absl::Status ServeFlags::ReadRerank(ServiceOptions& options) const {
  SOTTO_ASSIGN_OR_RETURN(const auto labels, ReadLabels());
  if (!rerank_template_.given()) {
    if (!rerank_labels_.given()) return absl::OkStatus();
    return UsageError("--rerank-labels: has no effect without --rerank-template");
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string text, ReadNamedFile(rerank_template_));
  absl::StatusOr<RerankTemplate> parsed = RerankTemplate::Parse(text, labels);
  if (!parsed.ok()) return BlameNamedFile(rerank_template_, ToStd(parsed.status().message()));
  for (const std::string& unknown : UnknownPlaceholders(text)) {
    Log(LogLevel::kWarning,
        StrCat(rerank_template_.source(), ": ", unknown, " is no placeholder, and stays as it is"));
  }
  options.rerank = *std::move(parsed);
  return absl::OkStatus();
}

absl::Status ServeFlags::CheckFiles(const ServeJob& job) const {
  NamedFiles files;
  listen_.AddFiles(files);
  files.inputs.push_back({rerank_template_.source(), rerank_template_.value()});
  model_.AddFiles(job, files);
  execution_.AddFiles(files);
  return files.CheckApart();
}

absl::StatusOr<ServeJob> ServeFlags::Read() const {
  SOTTO_RETURN_IF_ERROR(execution_.ApplyLogLevel());
  ServeJob job;
  SOTTO_RETURN_IF_ERROR(ReadShape(job));
  job.service.model_name = served_model_name_.value();
  job.service.scheduler.share_prefixes = share_prefixes_->count() > 0;
  SOTTO_RETURN_IF_ERROR(limits_.Read(job.service, job.drain_timeout));
  SOTTO_RETURN_IF_ERROR(model_.Read(job));
  job.await_provisioning = listen_.awaits_provisioning();
  if (job.await_provisioning && !job.model.key_file.empty()) {
    return UsageError(StrCat("--key-file", kAwaitsProvisioning));
  }
  SOTTO_RETURN_IF_ERROR(CheckFiles(job));
  SOTTO_RETURN_IF_ERROR(execution_.Read(job));
  SOTTO_RETURN_IF_ERROR(listen_.Read(job.service));
  SOTTO_ASSIGN_OR_RETURN(job.provisioner_key, listen_.ReadProvisionerKey());
  SOTTO_RETURN_IF_ERROR(identity_.Read(listen_.leaves_tls_open(), job.identity));
  job.test_attester = test_attester_.value();
  SOTTO_RETURN_IF_ERROR(ReadRerank(job.service));
  job.default_labels = !rerank_labels_.given();
  if (job.default_batch && !job.prefill.pad_compute) job.prefill.batch_size = 32;
  return job;
}

}  // namespace sotto
