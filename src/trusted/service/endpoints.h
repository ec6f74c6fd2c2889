// What the service answers, a function for each path. TRUSTED: requests hold prompts. They run on
// the service's tasks and reply once, then or later.
#ifndef SOTTO_TRUSTED_SERVICE_ENDPOINTS_H_
#define SOTTO_TRUSTED_SERVICE_ENDPOINTS_H_

#include <span>
#include <string_view>

#include "trusted/service/http_message.h"
#include "trusted/service/service_context.h"

namespace sotto {

inline constexpr std::string_view kReceiptPath = "/v1/aci/receipts/";

struct Endpoint {
  std::string_view path;
  std::string_view method;
  void (*answer)(const ServiceContext& context, const HttpRequest& request, const HttpReply& reply);
  bool open = false;  // Needs no key, and takes no body.
};

void AnswerCompletions(const ServiceContext& context, const HttpRequest& request,
                       const HttpReply& reply);
void AnswerEmbeddings(const ServiceContext& context, const HttpRequest& request,
                      const HttpReply& reply);
void AnswerClassify(const ServiceContext& context, const HttpRequest& request,
                    const HttpReply& reply);
void AnswerScore(const ServiceContext& context, const HttpRequest& request, const HttpReply& reply);
void AnswerRerank(const ServiceContext& context, const HttpRequest& request,
                  const HttpReply& reply);
void AnswerTokenize(const ServiceContext& context, const HttpRequest& request,
                    const HttpReply& reply);
void AnswerDetokenize(const ServiceContext& context, const HttpRequest& request,
                      const HttpReply& reply);
void AnswerTokenizerInfo(const ServiceContext& context, const HttpRequest& request,
                         const HttpReply& reply);
void AnswerModels(const ServiceContext& context, const HttpRequest& request,
                  const HttpReply& reply);
void AnswerHealth(const ServiceContext& context, const HttpRequest& request,
                  const HttpReply& reply);
void AnswerMetrics(const ServiceContext& context, const HttpRequest& request,
                   const HttpReply& reply);
void AnswerProtection(const ServiceContext& context, const HttpRequest& request,
                      const HttpReply& reply);
void AnswerReceipt(const ServiceContext& context, const HttpRequest& request,
                   const HttpReply& reply);
void AnswerPage(const ServiceContext& context, const HttpRequest& request, const HttpReply& reply);
void AnswerOpenApi(const ServiceContext& context, const HttpRequest& request,
                   const HttpReply& reply);

void AnswerAttestation(const ServiceContext& context, const HttpRequest& request,
                       const HttpReply& reply);
void AnswerChannel(const ServiceContext& context, const HttpRequest& request,
                   const HttpReply& reply);

// All of them. A path that ends in /, but for / itself, stands for what begins with it.
std::span<const Endpoint> AllEndpoints();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_ENDPOINTS_H_
