#include "trusted/service/completion_response.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "base/strings.h"
#include "trusted/service/token_strings.h"

namespace sotto {
namespace {

TokenNames NamesOf(const CompletionRequest& request) {
  return request.return_tokens_as_token_ids ? TokenNames::kIds : TokenNames::kTexts;
}

size_t AlternativesOf(const CompletionRequest& request) {
  return std::max(request.echo ? request.logprobs.value_or(0) : 0,
                  request.prompt_logprobs.value_or(0));
}

// Whether tokens of the prompt have log-probabilities in the answer.
bool IsScored(const CompletionRequest& request) {
  return (request.echo && request.logprobs.has_value()) || request.prompt_logprobs.has_value();
}

// One choice: a prompt, and the token that most likely follows it.
class Choice {
 public:
  Choice(const CompletionRequest& request, const Model& model, const PassPrompt& prompt,
         const Scores& scores, const PromptInput& input)
      : request_(request),
        model_(model),
        prompt_(prompt),
        scores_(scores),
        input_(input),
        ids_(prompt.ids.begin(), prompt.ids.end()) {
    if (request.max_tokens == 1) ids_.push_back(Behind()[0].id);
  }

  ResponseJson Json(size_t index) const {
    const bool ends = request_.max_tokens == 1 && IsEnd(ids_.back());
    ResponseJson choice;
    choice["index"] = index;
    const TokenizedText text = TextOf(model_, ids_, Hidden());
    choice["text"] = AnswerText(text, ends);
    choice["logprobs"] = request_.logprobs.has_value() ? Logprobs(text) : ResponseJson();
    choice["finish_reason"] = ends ? "stop" : "length";
    if (request_.prompt_logprobs.has_value()) choice["prompt_logprobs"] = PromptLogprobs();
    if (!prompt_.labels.empty()) choice["labels"] = Labels();
    return choice;
  }

 private:
  size_t prompt_size() const { return prompt_.ids.size(); }
  std::span<const TokenLogprob> Behind() const { return scores_.top_after(prompt_size() - 1); }

  bool IsEnd(int32_t id) const {
    const std::vector<int32_t>& ends = model_.info().eos_ids;
    return std::ranges::find(ends, id) != ends.end();
  }

  // BOS before a text is a token, but no part of the text that was given.
  size_t Hidden() const {
    const std::span<const int32_t> bos = model_.bos_ids();
    const bool added =
        !input_.ids.has_value() && request_.handling.add_special_tokens &&
        std::ranges::equal(bos, std::span(ids_).first(std::min(bos.size(), ids_.size())));
    return added ? bos.size() : 0;
  }

  SecretString AnswerText(const TokenizedText& text, bool ends) const {
    SecretString answer;
    if (request_.echo) {
      answer = ends ? PromptText() : text.text;
    } else if (request_.max_tokens == 1 && !ends) {
      answer = TokenText(text);
    }
    return answer;
  }

  SecretString PromptText() const {
    return TextOf(model_, std::span(ids_).first(prompt_size()), Hidden()).text;
  }

  // Of the token behind the prompt, as it stands behind it.
  SecretString TokenText(const TokenizedText& text) const {
    const SecretString before = PromptText();
    return text.text.starts_with(before) ? text.text.substr(before.size()) : SecretString();
  }

  double LogprobOf(size_t i) const {
    return i == prompt_size() ? Behind()[0].logprob : scores_.logprobs[i];
  }

  // The alternatives in the place of token i, itself among them: text, id, log-probability.
  std::vector<TokenLogprob> Alternatives(size_t i, size_t count) const {
    const std::span<const TokenLogprob> top = scores_.top_after(i - 1);
    std::vector<TokenLogprob> list(top.begin(), top.begin() + std::min(count, top.size()));
    const bool listed =
        std::ranges::any_of(list, [&](const TokenLogprob& token) { return token.id == ids_[i]; });
    if (!listed) list.push_back({ids_[i], LogprobOf(i)});
    return list;
  }

  void AddAlternatives(size_t i, ResponseJson& tops, ResponseJson& top_ids) const {
    ResponseJson top = ResponseJson::object(), list = ResponseJson::array();
    for (const TokenLogprob& token : Alternatives(i, *request_.logprobs)) {
      SecretString name = TokenName(model_, token.id, NamesOf(request_));
      // Two ids with one text: both are told.
      if (top.contains(name)) name = TokenIdName(token.id);
      top[name] = token.logprob;
      list.push_back(token.id);
    }
    tops.push_back(std::move(top));
    top_ids.push_back(std::move(list));
  }

  ResponseJson Logprobs(const TokenizedText& text) const {
    const size_t first = request_.echo ? 0 : prompt_size();
    const size_t origin = first < ids_.size() ? text.offsets[first] : 0;
    ResponseJson tokens = ResponseJson::array(), logprobs = tokens, tops = tokens, offsets = tokens,
                 ids = tokens, top_ids = tokens, ranks = tokens;
    for (size_t i = first; i < ids_.size(); ++i) {
      tokens.push_back(TokenName(model_, ids_[i], NamesOf(request_)));
      offsets.push_back(text.offsets[i] - origin);
      ids.push_back(ids_[i]);
      if (i == 0) {
        for (ResponseJson* list : {&logprobs, &tops, &top_ids, &ranks}) list->push_back(nullptr);
        continue;
      }
      logprobs.push_back(LogprobOf(i));
      ranks.push_back(RankOf(i));
      AddAlternatives(i, tops, top_ids);
    }
    ResponseJson json;
    json["tokens"] = std::move(tokens);
    json["token_logprobs"] = std::move(logprobs);
    json["top_logprobs"] = std::move(tops);
    json["text_offset"] = std::move(offsets);
    json["token_ids"] = std::move(ids);
    json["top_token_ids"] = std::move(top_ids);
    json["token_ranks"] = std::move(ranks);
    return json;
  }

  // Of token i: 1 for the most likely one in its place.
  size_t RankOf(size_t i) const {
    return i == prompt_size() ? 1 : static_cast<size_t>(scores_.ranks[i]);
  }

  // vLLM's: null, then for each token {"ID": {"logprob", "rank", "decoded_token"}}.
  ResponseJson PromptLogprobs() const {
    ResponseJson list = ResponseJson::array({nullptr});
    for (size_t i = 1; i < prompt_size(); ++i) {
      ResponseJson entry = ResponseJson::object();
      size_t place = 0;  // In the list, which begins with the most likely ones.
      for (const TokenLogprob& token : Alternatives(i, *request_.prompt_logprobs)) {
        ++place;
        entry[SecretString(StrCat(token.id))] = {
            {"logprob", token.logprob},
            {"rank", token.id == ids_[i] ? RankOf(i) : place},
            {"decoded_token", TokenName(model_, token.id, TokenNames::kTexts)}};
      }
      list.push_back(std::move(entry));
    }
    return list;
  }

  // The labels' values where they would follow the prompt, in the order they were asked for.
  ResponseJson Labels() const {
    const std::vector<double>& logprobs = scores_.named.at(0);
    ResponseJson labels = ResponseJson::array();
    for (size_t i = 0; i < logprobs.size(); ++i) {
      labels.push_back({{"token_id", prompt_.labels[i]},
                        {"token", TokenName(model_, prompt_.labels[i], NamesOf(request_))},
                        {"logprob", logprobs[i]},
                        {"probability", std::exp(logprobs[i])}});
    }
    return labels;
  }

  const CompletionRequest& request_;
  const Model& model_;
  const PassPrompt& prompt_;
  const Scores& scores_;
  const PromptInput& input_;
  SecretVector<int32_t> ids_;  // The prompt's, and what follows.
};

// The object with an array behind its members, whose texts go one by one: as a tree it would take
// several times the memory.
SecretString WithArray(const ResponseJson& object, std::string_view name,
                       std::vector<SecretString>& texts) {
  SecretString json = JsonText(object);
  json.back() = ',';
  json.append("\"").append(name).append("\":[");
  size_t size = json.size() + texts.size() + 2;
  for (const SecretString& text : texts) size += text.size();
  json.reserve(size);
  for (SecretString& text : texts) {
    if (&text != texts.data()) json += ',';
    json += text;
    SecretString().swap(text);
  }
  return json += "]}";
}

}  // namespace

PassKind PassKindOf(const CompletionRequest& request, const Model& model) {
  if (request.apply_softmax && !IsScored(request) && request.max_tokens == 0) {
    return {.labels_alone = true};
  }
  size_t top_k = std::max(AlternativesOf(request), request.max_tokens);
  if (request.max_tokens == 1) top_k = std::max(top_k, request.logprobs.value_or(0));
  return {.top_k = std::min(top_k, model.info().vocab_size), .ranks = IsScored(request)};
}

PassPrompt PassPromptOf(const CompletionRequest& request, SecretIds ids) {
  PassPrompt prompt{.ids = std::move(ids)};
  prompt.first_token = IsScored(request) ? 1 : prompt.ids.size();
  prompt.last_position = request.max_tokens == 1;
  prompt.labels = request.labels;
  if (request.apply_softmax) prompt.labels_among = NamedAmong::kNamed;
  return prompt;
}

HttpResponse CompletionAnswer(const CompletionRequest& request, const PassResults& results,
                              const Model& model, const CompletionNames& names) {
  std::vector<SecretString> choices;
  size_t tokens = 0;
  for (size_t i = 0; i < results.prompts.size(); ++i) {
    const Choice choice(request, model, results.prompts[i], results.scores[i], request.prompts[i]);
    choices.push_back(JsonText(choice.Json(i)));
    tokens += results.prompts[i].ids.size();
  }
  ResponseJson answer;
  answer["id"] = SecretString(names.id);
  answer["object"] = "text_completion";
  answer["created"] = static_cast<int64_t>(std::time(nullptr));
  answer["model"] = SecretString(names.model);
  answer["usage"] = UsageJson(tokens, results.prompts.size() * request.max_tokens);
  HttpResponse response;
  response.body = WithArray(answer, "choices", choices);
  return response;
}

}  // namespace sotto
