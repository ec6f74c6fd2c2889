#include "cli/tokenize_command.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "cli/default_model.h"
#include "cli/named_files.h"
#include "cli/prompt_json.h"
#include "cli/run_messages.h"
#include "cli/setting.h"
#include "cli/text_encoding.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "trusted/tokenizer/other_tokenizers.h"
#include "trusted/tokenizer/tokenizer_config.h"

namespace sotto {
namespace {

using json = nlohmann::ordered_json;

// The first two are what a line may be given as: one of them.
constexpr auto kTextLineMembers = std::to_array<std::string_view>(
    {"text", "prompt", "id", TextMembers::kNames[0], TextMembers::kNames[1]});
constexpr auto kIdsLineMembers = std::to_array<std::string_view>({"ids", "id"});

// The line as an object. A string is a text.
absl::StatusOr<json> ParseLine(const std::string& line, bool decode) {
  absl::StatusOr<json> parsed = ParsePromptJson(line, "");
  if (!parsed.ok() && !line.starts_with('{')) {
    return absl::InvalidArgumentError(StrCat(ToStd(parsed.status().message()),
                                             "; of lines of text, jq -R '{text: .}' makes JSON"));
  }
  SOTTO_RETURN_IF_ERROR(parsed.status());
  if (!decode && parsed->is_string()) return json{{"text", *parsed}};
  if (!parsed->is_object()) {
    return absl::InvalidArgumentError(decode ? "not a JSON object"
                                             : "neither a JSON object nor a string");
  }
  return parsed;
}

absl::StatusOr<json> EncodeLine(const Tokenizer& tokenizer, const TokenizeJob& job,
                                const json& line) {
  const bool both = line.contains("text") && line.contains("prompt");
  const auto text = line.contains("prompt") ? line.find("prompt") : line.find("text");
  if (both || text == line.end() || !text->is_string()) {
    return absl::InvalidArgumentError(
        both ? "has both \"text\" and \"prompt\""
             : "needs \"text\" or \"prompt\", a string (or --decode, to read \"ids\")");
  }
  SOTTO_ASSIGN_OR_RETURN(const TextMembers own, ReadTextMembers(line, ""));
  const EncodeTextOptions encoding = own.Over(job.encoding);
  SOTTO_ASSIGN_OR_RETURN(std::vector<int32_t> ids,
                         tokenizer.Encode(text->get_ref<const std::string&>(),
                                          {.plain = !encoding.special_tokens,
                                           .add_bos = encoding.bos != BosUse::kNever}));
  if (encoding.bos == BosUse::kAlways && tokenizer.bos_ids().empty()) {
    SOTTO_RETURN_IF_ERROR(job.bos.status());
    ids.insert(ids.begin(), job.bos->begin(), job.bos->end());
  }
  return json{{"ids", ids}};
}

absl::StatusOr<json> DecodeLine(const Tokenizer& tokenizer, const json& line) {
  const auto member = line.find("ids");
  if (member == line.end() || !member->is_array()) {
    return absl::InvalidArgumentError("needs \"ids\", an array");
  }
  std::vector<int32_t> ids;
  for (const json& id : *member) {
    const bool fits = id.is_number_unsigned() && id.get<uint64_t>() <= INT32_MAX;
    if (!fits) {
      return absl::InvalidArgumentError(StrCat("\"ids\", position ", ids.size(), ": not an id"));
    }
    ids.push_back(id.get<int32_t>());
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string text, tokenizer.Decode(ids, {}));
  return json{{"text", text}};
}

absl::StatusOr<json> TokenizeLine(const Tokenizer& tokenizer, const TokenizeJob& job,
                                  const std::string& line) {
  SOTTO_ASSIGN_OR_RETURN(const json object, ParseLine(line, job.decode));
  std::span<const std::string_view> members = kTextLineMembers;
  if (job.decode) members = kIdsLineMembers;
  if (object.contains(members[0]) || object.contains(members[1])) {
    SOTTO_RETURN_IF_ERROR(CheckMembers(object, members, ""));
  }
  SOTTO_ASSIGN_OR_RETURN(const json id, ReadEchoedId(object, ""));
  SOTTO_ASSIGN_OR_RETURN(const json answer, job.decode ? DecodeLine(tokenizer, object)
                                                       : EncodeLine(tokenizer, job, object));
  if (id.is_null()) return answer;
  json echoed = {{"id", id}};
  echoed.update(answer);
  return echoed;
}

struct TokenizeFlags {
  explicit TokenizeFlags(CLI::App& app)
      : model(app, {.flag = "--model",
                    .placeholder = "DIR",
                    .help = "A model directory with a tokenizer.json",
                    .variable = "LLAMA_MODEL_PATH",
                    .shown_default = "the shipped model"}),
        tokenizer(app, {.flag = "--tokenizer",
                        .placeholder = "FILE",
                        .help = "A tokenizer.json, instead of a model's"}),
        decode(AddSwitch(app, "--decode", "Read {\"ids\": [..]}, write {\"text\": ..}")),
        text(app, BosUse::kNever) {}

  Setting model, tokenizer;
  CLI::Option* const decode;
  TextFlags text;
};

// Of a tokenizer whose template has no BOS, where there is to be one nevertheless: as config.json
// beside it names it.
absl::StatusOr<TokenIds> BosBeside(const TokenizeFlags& flags) {
  if (!flags.tokenizer.given()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string directory, ModelOf(flags.model));
    SOTTO_ASSIGN_OR_RETURN(const ModelSpec config, LoadConfig(directory));
    if (!config.bos_token_ids.empty()) {
      return TokenIds{static_cast<int32_t>(config.bos_token_ids.front())};
    }
  }
  return absl::FailedPreconditionError(
      StrCat("bos always: neither the template of tokenizer.json nor bos_token_id of config.json "
             "says which token is BOS",
             flags.tokenizer.given() ? "; --model DIR, in place of --tokenizer, reads both" : ""));
}

// A file that is named beats a model that the environment names.
absl::StatusOr<std::string> TokenizerPath(const TokenizeFlags& flags) {
  if (!flags.tokenizer.given()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string directory, ModelOf(flags.model));
    return StrCat(directory, "/", kTokenizerName);
  }
  if (!flags.model.given_by_flag()) return flags.tokenizer.value();
  return UsageError("--model and --tokenizer: cannot be combined");
}

// With what to do about a tokenizer of another format.
absl::StatusOr<Tokenizer> LoadTokenizer(const std::string& path) {
  const std::string other = OtherTokenizerAt(path);
  if (!other.empty()) {
    return absl::UnimplementedError(StrCat(path, ": is no ", kTokenizerName, other));
  }
  absl::StatusOr<Tokenizer> tokenizer = Tokenizer::Load(path);
  if (!absl::IsNotFound(tokenizer.status())) return tokenizer;
  return absl::NotFoundError(
      StrCat(ToStd(tokenizer.status().message()),
             OtherTokenizerIn(std::filesystem::path(path).parent_path().string())));
}

absl::Status RunTokenize(const TokenizeFlags& flags) {
  TokenizeJob job{.decode = flags.decode->count() > 0};
  SOTTO_ASSIGN_OR_RETURN(job.encoding, flags.text.Read());
  if (job.decode && flags.text.given()) {
    return UsageError("--decode: cannot be combined with --special-tokens or --bos");
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string path, TokenizerPath(flags));
  const NamedFiles files{
      .inputs = {{"standard input", "/dev/stdin"},
                 {flags.tokenizer.given() ? "--tokenizer" : flags.model.source(), path}},
      .outputs = {{"standard output", "/dev/stdout"}}};
  SOTTO_RETURN_IF_ERROR(files.CheckApart());
  SOTTO_ASSIGN_OR_RETURN(const Tokenizer tokenizer, LoadTokenizer(path));
  if (!job.decode) {
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    const std::string directory = parent.empty() ? "." : parent.string();
    WarnOfTokenizer(directory,
                    WarningsOfTokenizer(tokenizer, StrCat(directory, "/", kTokenizerConfigName)),
                    flags.text.bos_given() ? job.encoding.bos : BosUse::kAuto);
  }
  if (tokenizer.bos_ids().empty()) job.bos = BosBeside(flags);
  if (job.encoding.bos == BosUse::kAlways) SOTTO_RETURN_IF_ERROR(job.bos.status());
  std::ios::sync_with_stdio(false);
  return TokenizeLines(tokenizer, job, std::cin, std::cout);
}

}  // namespace

absl::Status TokenizeLines(const Tokenizer& tokenizer, const TokenizeJob& job, std::istream& in,
                           std::ostream& out) {
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto answer = TokenizeLine(tokenizer, job, line);
    if (!answer.ok()) {
      out.flush();
      return absl::Status(
          answer.status().code(),
          ToAbsl(StrCat("standard input: line ", number, ": ", ToStd(answer.status().message()))));
    }
    if (!(out << *answer << '\n')) break;
  }
  if (out.flush()) return absl::OkStatus();
  return FileError("standard output", "cannot write", errno);
}

void AddTokenizeCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "tokenize",
      "Turn text into token ids, or back: JSON lines from standard input to standard output");
  const auto flags = std::make_shared<TokenizeFlags>(*command);
  command->callback(
      [&invocation, flags] { invocation.run = [flags] { return RunTokenize(*flags); }; });
}

}  // namespace sotto
