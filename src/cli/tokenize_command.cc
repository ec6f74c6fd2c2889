#include "cli/tokenize_command.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdint>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "cli/default_model.h"
#include "cli/named_files.h"
#include "cli/prompt_json.h"
#include "cli/setting.h"
#include "model/checkpoint.h"

namespace sotto {
namespace {

using json = nlohmann::ordered_json;

// The line as an object. Bad UTF-8 is told from bad JSON: the offset helps to find it.
absl::StatusOr<json> ParseLine(const std::string& line) {
  if (const size_t valid = ValidUtf8Prefix(line); valid < line.size()) {
    return absl::InvalidArgumentError(StrCat("not UTF-8 at byte offset ", valid));
  }
  SOTTO_ASSIGN_OR_RETURN(json object, ParsePromptJson(line, ""));
  if (!object.is_object()) return absl::InvalidArgumentError("not a JSON object");
  return object;
}

absl::StatusOr<json> EncodeLine(const Tokenizer& tokenizer, const TokenizeFlags& flags,
                                const json& line) {
  const auto text = line.find("text");
  if (text == line.end() || !text->is_string()) {
    return absl::InvalidArgumentError("needs \"text\", a string (or --decode, to read \"ids\")");
  }
  SOTTO_ASSIGN_OR_RETURN(const std::vector<int32_t> ids,
                         tokenizer.Encode(text->get_ref<const std::string&>(),
                                          {.plain = flags.plain, .add_bos = flags.bos}));
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

absl::StatusOr<json> TokenizeLine(const Tokenizer& tokenizer, const TokenizeFlags& flags,
                                  const std::string& line) {
  SOTTO_ASSIGN_OR_RETURN(const json object, ParseLine(line));
  const std::string_view member = flags.decode ? "ids" : "text";
  if (object.contains(member)) SOTTO_RETURN_IF_ERROR(CheckMembers(object, {&member, 1}, ""));
  return flags.decode ? DecodeLine(tokenizer, object) : EncodeLine(tokenizer, flags, object);
}

// A file that is named beats a model that the environment names.
absl::StatusOr<std::string> TokenizerPath(const TokenizeFlags& flags, const Setting& model) {
  if (flags.tokenizer.empty()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string directory, ModelOf(model));
    return StrCat(directory, "/", kTokenizerName);
  }
  if (!model.given_by_flag()) return flags.tokenizer;
  return UsageError("--model and --tokenizer: cannot be combined");
}

absl::Status RunTokenize(const TokenizeFlags& flags, const Setting& model) {
  if (flags.decode && (flags.plain || flags.bos)) {
    return UsageError("--decode: cannot be combined with --plain or --bos");
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string path, TokenizerPath(flags, model));
  const NamedFiles files{
      .inputs = {{"standard input", "/dev/stdin"},
                 {flags.tokenizer.empty() ? model.source() : "--tokenizer", path}},
      .outputs = {{"standard output", "/dev/stdout"}}};
  SOTTO_RETURN_IF_ERROR(files.CheckApart());
  SOTTO_ASSIGN_OR_RETURN(const Tokenizer tokenizer, Tokenizer::Load(path));
  std::ios::sync_with_stdio(false);
  return TokenizeLines(tokenizer, flags, std::cin, std::cout);
}

}  // namespace

absl::Status TokenizeLines(const Tokenizer& tokenizer, const TokenizeFlags& flags, std::istream& in,
                           std::ostream& out) {
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto answer = TokenizeLine(tokenizer, flags, line);
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
  const auto flags = std::make_shared<TokenizeFlags>();
  const auto model = std::make_shared<Setting>(
      *command, SettingSpec{.flag = "--model",
                            .placeholder = "DIR",
                            .help = "A model directory with a tokenizer.json",
                            .variable = "LLAMA_MODEL_PATH",
                            .shown_default = "the shipped model"});
  command->add_option("--tokenizer", flags->tokenizer, "A tokenizer.json, instead of a model's")
      ->type_name("FILE");
  command->add_flag("--decode", flags->decode, "Read {\"ids\": [..]}, write {\"text\": ..}");
  command->add_flag("--plain", flags->plain, "Encode special tokens in the text as ordinary text");
  command->add_flag("--bos", flags->bos, "Add the tokenizer's BOS token");
  command->callback([&invocation, flags, model] {
    invocation.run = [flags, model] { return RunTokenize(*flags, *model); };
  });
}

}  // namespace sotto
