// Status helpers. Every fallible function of Sotto returns absl::Status or absl::StatusOr; no
// exception crosses a folder. The code says what the caller can do; see ARCHITECTURE.md, "Errors".
#ifndef SOTTO_BASE_STATUS_H_
#define SOTTO_BASE_STATUS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define SOTTO_CONCAT_INNER(a, b) a##b
#define SOTTO_CONCAT(a, b) SOTTO_CONCAT_INNER(a, b)

// Returns from the enclosing function when `expr` is not OK.
#define SOTTO_RETURN_IF_ERROR(expr)                                                  \
  do {                                                                               \
    if (absl::Status sotto_status = (expr); !sotto_status.ok()) return sotto_status; \
  } while (false)

// SOTTO_ASSIGN_OR_RETURN(auto x, F()): declares or assigns x, or returns F()'s error.
#define SOTTO_ASSIGN_OR_RETURN(lhs, expr) \
  SOTTO_ASSIGN_OR_RETURN_INNER(SOTTO_CONCAT(sotto_or_, __LINE__), lhs, expr)
#define SOTTO_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                                 \
  if (!tmp.ok()) return std::move(tmp).status();     \
  lhs = *std::move(tmp)

#endif  // SOTTO_BASE_STATUS_H_
