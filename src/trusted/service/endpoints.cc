#include "trusted/service/endpoints.h"

#include <array>

#include "trusted/service/openapi.h"
#include "trusted/service/page/page_files.h"
#include "trusted/service/response_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::string_view kModelPath = "/v1/models/";

ResponseJson ModelJson(const ServiceContext& context) {
  return {{"id", SecretString(context.options.model_name)},
          {"object", "model"},
          {"created", 0},
          {"owned_by", "sotto"},
          {"max_model_len", context.options.longest_prompt}};
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// "org%2Fname" is "org/name" (RFC 3986, 2.1); what is no such triplet stays as it is.
std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool triplet = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                         HexDigit(text[i + 2]) >= 0;
    decoded +=
        triplet ? static_cast<char>(16 * HexDigit(text[i + 1]) + HexDigit(text[i + 2])) : text[i];
    if (triplet) i += 2;
  }
  return decoded;
}

void AnswerModel(const ServiceContext& context, const HttpRequest& request,
                 const HttpReply& reply) {
  const std::string name =
      PercentDecoded(std::string_view(request.head.path).substr(kModelPath.size()));
  if (name.empty()) return AnswerModels(context, request, reply);
  const absl::Status known = CheckModelName(context, name);
  reply(known.ok() ? JsonResponse(ModelJson(context)) : ErrorResponse(known));
}

// It is asked of every server with such a path.
void AnswerChat(const ServiceContext&, const HttpRequest&, const HttpReply& reply) {
  reply(HttpErrorResponse(404,
                          "no chat is served: render the messages with the model's chat template "
                          "and send the prompt to /v1/completions"));
}

constexpr std::array kEndpoints = std::to_array<Endpoint>({
    {"/v1/completions", "POST", AnswerCompletions},
    {"/v1/embeddings", "POST", AnswerEmbeddings},
    {"/v1/chat/completions", "POST", AnswerChat},
    {"/v1/classify", "POST", AnswerClassify},
    {"/classify", "POST", AnswerClassify},
    {"/v1/score", "POST", AnswerScore},
    {"/score", "POST", AnswerScore},
    {"/v1/rerank", "POST", AnswerRerank},
    {"/rerank", "POST", AnswerRerank},
    {"/v2/rerank", "POST", AnswerRerank},
    {"/tokenize", "POST", AnswerTokenize},
    {"/detokenize", "POST", AnswerDetokenize},
    {"/tokenizer_info", "GET", AnswerTokenizerInfo},
    {"/v1/models", "GET", AnswerModels},
    {kModelPath, "GET", AnswerModel},
    {"/v1/protection", "GET", AnswerProtection},
    {kReceiptPath, "GET", AnswerReceipt},
    {"/health", "GET", AnswerHealth, true},
    {"/metrics", "GET", AnswerMetrics},
    {"/openapi.json", "GET", AnswerOpenApi, true},
    {"/v1/aci/attestation", "GET", AnswerAttestation, true},
    {"/v1/aci/channel", "POST", AnswerChannel, true},
    {"/", "GET", AnswerPage, true},
    {kPageFilesPath, "GET", AnswerPage, true},
});

}  // namespace

std::span<const Endpoint> AllEndpoints() { return kEndpoints; }

void AnswerModels(const ServiceContext& context, const HttpRequest&, const HttpReply& reply) {
  reply(JsonResponse({{"object", "list"}, {"data", ResponseJson::array({ModelJson(context)})}}));
}

void AnswerHealth(const ServiceContext&, const HttpRequest&, const HttpReply& reply) {
  reply(JsonResponse({{"status", "ok"}}));
}

void AnswerMetrics(const ServiceContext& context, const HttpRequest&, const HttpReply& reply) {
  HttpResponse response{.content_type = "text/plain; version=0.0.4; charset=utf-8"};
  response.body = context.metrics.Text();
  reply(std::move(response));
}

void AnswerOpenApi(const ServiceContext&, const HttpRequest&, const HttpReply& reply) {
  HttpResponse response;
  response.body = OpenApiDocument();
  reply(std::move(response));
}

}  // namespace sotto
