#include "trusted/service/endpoints.h"
#include "trusted/service/page/page_files.h"
#include "trusted/service/service_error.h"

namespace sotto {

void AnswerPage(const ServiceContext&, const HttpRequest& request, const HttpReply& reply) {
  const std::optional<PageFile> file = FindPageFile(request.head.path);
  if (!file.has_value()) return reply(HttpErrorResponse(404, "there is nothing at this path"));
  HttpResponse response{.content_type = std::string(file->content_type),
                        .body = SecretString(file->bytes)};
  for (const auto& [name, value] : kPageHeaders) response.headers.emplace_back(name, value);
  reply(std::move(response));
}

}  // namespace sotto
