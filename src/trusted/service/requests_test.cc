// Bodies of requests: what is taken, and which member is blamed for what is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "testing/sanitizer.h"
#include "trusted/service/classify_request.h"
#include "trusted/service/completion_request.h"
#include "trusted/service/embedding_request.h"
#include "trusted/service/rerank_request.h"
#include "trusted/service/service_error.h"
#include "trusted/service/tokenize_request.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string BodyText(const absl::Status& status) { return std::string(ErrorResponse(status).body); }

CompletionRequest Parsed(const std::string& body) {
  absl::StatusOr<CompletionRequest> request = ParseCompletionRequest(body, {});
  EXPECT_TRUE(request.ok()) << request.status();
  return request.ok() ? *std::move(request) : CompletionRequest();
}

// Time that grows with the square of their number would not end within a test's.
TEST(CompletionRequestTest, AMillionElementsAreSoonRefused) {
  constexpr int kElements = kUnderSanitizer ? 100'000 : 1'000'000;
  std::string body = R"({"max_tokens": 0, "prompt": [{})";
  for (int i = 0; i < kElements; ++i) body += ",{}";
  EXPECT_THAT(BodyText(ParseCompletionRequest(body + "]}", {.prompts = 2'000'000}).status()),
              HasSubstr("prompt: must be a string"));
}

std::string ListOf(size_t count, std::string_view element) {
  std::string list(element);
  list.reserve(count * (element.size() + 1));
  for (size_t i = 1; i < count; ++i) list.append(",").append(element);
  return StrCat("[", list, "]");
}

TEST(RequestLimitsTest, APromptMoreThanTheLimitIsBlamedOnItsMember) {
  const RequestLimits limits{.prompts = 3};
  const auto ask = [&](size_t count) {
    return std::vector<absl::Status>{
        ParseCompletionRequest(StrCat(R"({"max_tokens":0,"prompt":)", ListOf(count, R"("a")"), "}"),
                               limits)
            .status(),
        ParseEmbeddingRequest(StrCat(R"({"input":)", ListOf(count, "[1]"), "}"), limits).status(),
        ParseClassifyRequest(StrCat(R"({"input":)", ListOf(count, R"("a")"), "}"), limits).status(),
        ParseRerankRequest(
            StrCat(R"({"query":"q","documents":)", ListOf(count, R"({"text":"a"})"), "}"), limits)
            .status(),
        ParseScoreRequest(StrCat(R"({"text_1":"q","text_2":)", ListOf(count, R"("a")"), "}"),
                          limits)
            .status()};
  };
  for (const absl::Status& status : ask(3)) EXPECT_TRUE(status.ok()) << status;
  const std::vector<absl::Status> refused = ask(4);
  const std::vector<std::string> members = {"prompt", "input", "input", "documents", "text_2"};
  for (size_t i = 0; i < members.size(); ++i) {
    EXPECT_THAT(BodyText(refused[i]),
                HasSubstr(members[i] + ": comes to 4 prompts, more than the 3 of one request"));
  }
}

// Before anything is made of it: the first element would be refused for what it is.
TEST(RequestLimitsTest, MuchMoreThanARequestCanSayIsNotParsed) {
  for (const char* const element : {R"("")", "[]", "{}", R"({"a":{"b":[]}})"}) {
    const std::string body = StrCat(R"({"prompt":[5,)", ListOf(200'000, element), "]}");
    EXPECT_THAT(BodyText(ParseCompletionRequest(body, {}).status()),
                HasSubstr("the body has more than 66560 strings, arrays and objects, at byte "));
  }
  const std::string ids = StrCat(R"({"prompt":)", ListOf(1'200'000, "1"), R"(,"max_tokens":0})");
  EXPECT_THAT(BodyText(ParseCompletionRequest(ids, {}).status()),
              HasSubstr("the body has more than 1115136 numbers, at byte "));
  // Of a prompt that is to be cut, eight times as many as are taken.
  const std::string cut = StrCat(R"({"prompt":)", ListOf(1'048'576, "1"), R"(,"max_tokens":0})");
  EXPECT_TRUE(ParseCompletionRequest(cut, {}).ok());
}

TEST(CompletionRequestTest, NoMemberTwice) {
  EXPECT_THAT(
      BodyText(
          ParseCompletionRequest(R"({"prompt":"a","max_tokens":0,"prompt":"b"})", {}).status()),
      HasSubstr("prompt: is given twice"));
  EXPECT_THAT(BodyText(ParseCompletionRequest(R"({"prompt":"a","p\u0072ompt":"b"})", {}).status()),
              HasSubstr("prompt: is given twice"));
  EXPECT_THAT(
      BodyText(ParseCompletionRequest(R"({"prompt":"a","user":{"b":{"x":1,"x":2}}})", {}).status()),
      HasSubstr("x: is given twice"));
  // Colons, quotes and names within strings are none.
  EXPECT_EQ(
      Parsed(R"({"prompt": "\"prompt\": {\\", "max_tokens": 0, "user": ":\\\":"})").max_tokens, 0u);
}

TEST(CompletionRequestTest, WhatTheHarnessSends) {
  const CompletionRequest request = Parsed(
      R"({"model": "kjv-2m", "prompt": [[1, 2], [3]], "temperature": 0, "max_tokens": 1,
          "logprobs": 1, "seed": 1234, "echo": true})");
  ASSERT_EQ(request.prompts.size(), 2u);
  EXPECT_EQ(*request.prompts[0].ids, (SecretIds{1, 2}));
  EXPECT_EQ(request.logprobs, 1u);
  EXPECT_EQ(request.max_tokens, 1u);
  EXPECT_TRUE(request.echo);
  EXPECT_TRUE(request.handling.add_special_tokens);
}

TEST(CompletionRequestTest, FourFormsOfPrompts) {
  EXPECT_EQ(Parsed(R"({"prompt": "a", "max_tokens": 0})").prompts[0].text, "a");
  EXPECT_EQ(Parsed(R"({"prompt": ["a", "b"], "max_tokens": 0})").prompts[1].text, "b");
  EXPECT_EQ(*Parsed(R"({"prompt": [4, 5], "max_tokens": 0})").prompts[0].ids, (SecretIds{4, 5}));
  EXPECT_EQ(Parsed(R"({"prompt": [[4], [5]], "max_tokens": 0})").prompts.size(), 2u);
}

TEST(CompletionRequestTest, TrueIsOneAndFalseIsNone) {
  EXPECT_EQ(Parsed(R"({"prompt": "a", "max_tokens": 0, "logprobs": true})").logprobs, 1u);
  EXPECT_FALSE(Parsed(R"({"prompt": "a", "max_tokens": 0, "logprobs": false})").logprobs);
  EXPECT_EQ(Parsed(R"({"prompt": "a", "max_tokens": 0, "logprobs": 0})").logprobs, 0u);
}

TEST(CompletionRequestTest, WhatAsksForNothingIsTaken) {
  for (const std::string_view members :
       {R"("stop": [])", R"("stop": "")", R"("stop": null)", R"("suffix": "")", R"("n": 1)",
        R"("logit_bias": {})", R"("stream": false, "stream_options": null)"}) {
    Parsed(StrCat("{", members, R"(, "prompt": "a", "max_tokens": 0})"));
  }
}

TEST(CompletionRequestTest, TheMemberIsBlamedAndNotQuoted) {
  const std::string rest = R"(, "prompt": "canaryword", "max_tokens": 0})";
  for (const auto& [body, member] : std::vector<std::pair<std::string, std::string>>{
           {R"({"prompt": "canaryword"})", "max_tokens"},
           {R"({"prompt": "canaryword", "max_tokens": 16})", "max_tokens"},
           {R"({"prompt": "canaryword", "max_tokens": -1})", "max_tokens"},
           {R"({"max_tokens": 0})", "prompt"},
           {R"({"prompt": [], "max_tokens": 0})", "prompt"},
           {R"({"prompt": {"canaryword": 1}, "max_tokens": 0})", "prompt"},
           {R"({"prompt": [1, "canaryword"], "max_tokens": 0})", "prompt"},
           {R"({"prompt": [1, -1], "max_tokens": 0})", "prompt"},
           {R"({"prompt": [1, 4294967297], "max_tokens": 0})", "prompt"},
           {R"({"prompt": [1.5], "max_tokens": 0})", "prompt"},
           {R"({"logprobs": 21)" + rest, "logprobs"},
           {R"({"logprobs": "canaryword")" + rest, "logprobs"},
           {R"({"prompt_logprobs": -1)" + rest, "prompt_logprobs"},
           {R"({"temperature": 3)" + rest, "temperature"},
           {R"({"stream": true)" + rest, "stream"},
           {R"({"n": 2)" + rest, "n"},
           {R"({"stop": "canaryword")" + rest, "stop"},
           {R"({"stop": [""])" + rest, "stop"},
           {R"({"suffix": "canaryword")" + rest, "suffix"},
           {R"({"logit_bias": {"1": 5})" + rest, "logit_bias"},
           {R"({"echoo": true)" + rest, "echoo"},
           {R"({"echo": "true")" + rest, "echo"},
           {R"({"model": 5)" + rest, "model"},
           {R"({"truncate_prompt_tokens": 0)" + rest, "truncate_prompt_tokens"},
           {R"({"truncation_side": "up")" + rest, "truncation_side"},
           {R"({"label_token_ids": [])" + rest, "label_token_ids"},
           {R"({"label_token_ids": [1], "logprob_token_ids": [1])" + rest, "label_token_ids"},
           {R"({"label_token_ids": [1], "labels": ["a"])" + rest, "labels"},
           {R"({"labels": [])" + rest, "labels"},
           {R"({"labels": ["a", 5])" + rest, "labels"},
           {R"({"apply_softmax": true)" + rest, "apply_softmax"}}) {
    const absl::Status status = ParseCompletionRequest(body, {}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << body;
    EXPECT_THAT(BodyText(status), HasSubstr(StrCat("\"param\":\"", member, "\""))) << body;
    EXPECT_THAT(BodyText(status), Not(HasSubstr("canaryword"))) << body;
  }
}

TEST(CompletionRequestTest, WhatIsNoObjectIsRefused) {
  for (const std::string& body :
       {std::string(), std::string("null"), std::string("[1]"),
        std::string("{\"prompt\": \"canary"),
        std::string("{\"prompt\": \"canary\xff\", \"max_tokens\": 0}"), std::string(100000, '['),
        std::string("{\"canary word\": 1}"), std::string("{\"prompt\": 1, \"prompt\": 2}"),
        std::string("{\"prompt\": 1e999}")}) {
    const absl::Status status = ParseCompletionRequest(body, {}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << body.substr(0, 40);
    EXPECT_THAT(BodyText(status), Not(HasSubstr("canary")));
  }
}

TEST(EmbeddingRequestTest, FormatsAndDimensions) {
  const auto request = ParseEmbeddingRequest(
      R"({"input": ["a"], "encoding_format": "base64", "dimensions": 8})", {});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->format, EmbeddingFormat::kBase64);
  EXPECT_EQ(request->dimensions, 8u);
  EXPECT_FALSE(ParseEmbeddingRequest(R"({"input": "a", "encoding_format": "int8"})", {}).ok());
  EXPECT_FALSE(ParseEmbeddingRequest(R"({"input": "a", "dimensions": 0})", {}).ok());
  EXPECT_FALSE(ParseEmbeddingRequest("{}", {}).ok());
}

TEST(RerankRequestTest, DocumentsAreTextsOrObjects) {
  const auto request =
      ParseRerankRequest(R"({"query": "q", "documents": ["a", {"text": "b"}], "top_n": 1})", {});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->documents[1], "b");
  EXPECT_EQ(request->query_of(1), "q");
  EXPECT_FALSE(ParseRerankRequest(R"({"query": "q", "documents": []})", {}).ok());
  EXPECT_FALSE(ParseRerankRequest(R"({"query": "q", "documents": [{"title": "b"}]})", {}).ok());
  EXPECT_FALSE(ParseRerankRequest(R"({"query": "q", "documents": ["a"], "top_n": 0})", {}).ok());
}

TEST(RerankRequestTest, TruncationCutsEndsUnlessItIsToldOtherwise) {
  const auto request = ParseRerankRequest(
      R"({"query": "q", "documents": ["a"], "truncate_prompt_tokens": 9, "use_activation": false})",
      {});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->truncate, 9);
  EXPECT_EQ(request->side, TruncationSide::kRight);
  EXPECT_FALSE(request->use_activation);
  const auto left = ParseScoreRequest(
      R"({"text_1": "q", "text_2": "a", "truncate_prompt_tokens": -1, "truncation_side": "left"})",
      {});
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(left->side, TruncationSide::kLeft);
  EXPECT_TRUE(left->use_activation);
  EXPECT_FALSE(
      ParseScoreRequest(R"({"text_1": "q", "text_2": "a", "truncate_prompt_tokens": 0})", {}).ok());
}

TEST(ScoreRequestTest, PairsOrOneForAll) {
  EXPECT_TRUE(ParseScoreRequest(R"({"text_1": "q", "text_2": ["a", "b"]})", {}).ok());
  EXPECT_TRUE(ParseScoreRequest(R"({"queries": ["q", "r"], "documents": ["a", "b"]})", {}).ok());
  EXPECT_FALSE(ParseScoreRequest(R"({"text_1": ["q", "r"], "text_2": "a"})", {}).ok());
  EXPECT_FALSE(ParseScoreRequest(R"({"text_1": "q"})", {}).ok());
}

TEST(TokenizeRequestTest, BothSpellings) {
  const auto vllm = ParseTokenizeRequest(R"({"prompt": "a", "add_special_tokens": false})", {});
  const auto llama_cpp = ParseTokenizeRequest(R"({"content": "a", "add_special": false})", {});
  ASSERT_TRUE(vllm.ok() && llama_cpp.ok());
  EXPECT_EQ(vllm->text, llama_cpp->text);
  EXPECT_FALSE(vllm->handling.add_special_tokens || llama_cpp->handling.add_special_tokens);
  EXPECT_TRUE(ParseDetokenizeRequest(R"({"tokens": []})", {}).ok());
  EXPECT_FALSE(ParseDetokenizeRequest(R"({"tokens": "a"})", {}).ok());
  EXPECT_FALSE(ParseDetokenizeRequest("{}", {}).ok());
}

// One of two that say the same would be passed over.
TEST(RequestsTest, MembersThatContradictEachOther) {
  EXPECT_THAT(
      BodyText(ParseScoreRequest(R"({"text_1":"a","queries":"b","text_2":"c"})", {}).status()),
      HasSubstr("queries: cannot be combined with text_1"));
  EXPECT_THAT(
      BodyText(ParseScoreRequest(R"({"text_1":"a","text_2":"c","documents":"d"})", {}).status()),
      HasSubstr("documents: cannot be combined with text_2"));
  EXPECT_THAT(BodyText(ParseTokenizeRequest(R"({"prompt":"a","content":"b"})", {}).status()),
              HasSubstr("content: cannot be combined with prompt"));
  EXPECT_THAT(BodyText(ParseTokenizeRequest(
                           R"({"prompt":"a","add_special":false,"add_special_tokens":true})", {})
                           .status()),
              HasSubstr("add_special: cannot be combined with add_special_tokens"));
}

TEST(RequestsTest, NumbersBeyondTheirType) {
  for (const char* const number : {"18446744073709551615", "9223372036854775808", "1e30"}) {
    EXPECT_THAT(BodyText(ParseCompletionRequest(
                             StrCat(R"({"prompt":"a","max_tokens":0,"truncate_prompt_tokens":)",
                                    number, "}"),
                             {})
                             .status()),
                HasSubstr("truncate_prompt_tokens: must be an integer"));
    EXPECT_THAT(
        BodyText(ParseCompletionRequest(StrCat(R"({"prompt":"a","max_tokens":)", number, "}"), {})
                     .status()),
        HasSubstr("max_tokens: must be 0 or 1"));
    EXPECT_FALSE(
        ParseCompletionRequest(StrCat(R"({"max_tokens":0,"prompt":[)", number, "]}"), {}).ok());
  }
}

TEST(RequestsTest, PromptsAreOfOneKind) {
  for (const char* const prompts : {R"([[1],"a"])", R"(["a",[1]])", R"(["a",1])"}) {
    EXPECT_THAT(
        BodyText(ParseCompletionRequest(StrCat(R"({"max_tokens":0,"prompt":)", prompts, "}"), {})
                     .status()),
        HasSubstr("prompt: must be"));
  }
}

TEST(ServiceErrorTest, HasOpenAisShape) {
  const HttpResponse response = ErrorResponse(MemberError("prompt", "is \xff"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(
      response.body,
      "{\"error\":{\"message\":\"prompt: is \xef\xbf\xbd\",\"type\":\"invalid_request_error\","
      "\"param\":\"prompt\",\"code\":null}}");
  EXPECT_EQ(ErrorResponse(BusyError("full", 2.5)).headers[0].second, "3");
  EXPECT_EQ(ErrorResponse(absl::FailedPreconditionError("x")).status, 422);
  EXPECT_THAT(BodyText(absl::InternalError("secret")), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace sotto
