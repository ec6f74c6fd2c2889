// GET /v1/aci/receipts/ID.
#include <string>
#include <string_view>

#include "base/strings.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/receipts.h"
#include "trusted/service/service_error.h"

namespace sotto {

void AnswerReceipt(const ServiceContext& context, const HttpRequest& request,
                   const HttpReply& reply) {
  if (context.receipts == nullptr) {
    return reply(NotFoundResponse("no TEE attests this server, so that it signs no receipts"));
  }
  const std::string_view id = std::string_view(request.head.path).substr(kReceiptPath.size());
  const size_t owner = context.options.keys.OwnerOf(request.head.authorization).value_or(0);
  const absl::StatusOr<std::string> receipt = context.receipts->Find(id, owner);
  if (absl::IsNotFound(receipt.status())) {
    return reply(NotFoundResponse(ToStd(receipt.status().message())));
  }
  if (!receipt.ok()) return reply(ErrorResponse(receipt.status()));
  HttpResponse response;
  response.body = SecretString(*receipt);
  reply(std::move(response));
}

}  // namespace sotto
