#include "attest/canonical_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMostExact = (int64_t{1} << 53) - 1;

// Digits without point, and the power of ten that the first one stands for, plus one: 1.5 is "15"
// and 1.
struct Decimal {
  std::string digits;
  int point = 0;
};

Decimal ShortestDecimal(double positive) {
  char text[32];
  const auto [end, error] =
      std::to_chars(text, text + sizeof(text), positive, std::chars_format::scientific);
  SOTTO_CHECK(error == std::errc());
  const char* const e = std::find(text, end, 'e');
  Decimal decimal;
  std::copy_if(text, const_cast<char*>(e), std::back_inserter(decimal.digits),
               [](char c) { return c != '.'; });
  std::from_chars(e + (e[1] == '+' ? 2 : 1), end, decimal.point);
  ++decimal.point;
  return decimal;
}

std::string WithExponent(const Decimal& decimal) {
  std::string text = decimal.digits.substr(0, 1);
  if (decimal.digits.size() > 1) text += "." + decimal.digits.substr(1);
  const int exponent = decimal.point - 1;
  return StrCat(text, "e", exponent < 0 ? "-" : "+", std::abs(exponent));
}

void AppendEscaped(char c, std::string& out) {
  constexpr std::pair<char, char> kShort[] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                              {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
  for (const auto& [meant, written] : kShort) {
    if (c == meant) {
      out += {'\\', written};
      return;
    }
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20) {
    out += c;
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += {kHex[byte >> 4], kHex[byte & 15]};
}

void AppendString(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) AppendEscaped(c, out);
  out += '"';
}

// Whether `a` comes before `b` in UTF-16, by which RFC 8785 sorts. It differs from the order of
// UTF-8's bytes, which is that of code points, in this alone: surrogates, which spell code points
// of four bytes in UTF-8, come before U+E000 to U+FFFF, of three bytes from 0xEE.
bool ComesBefore(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b != b.end();
  const auto x = static_cast<unsigned char>(*at_a), y = static_cast<unsigned char>(*at_b);
  const bool x_is_pair = x >= 0xF0, y_is_pair = y >= 0xF0;
  if (x_is_pair != y_is_pair && std::min(x, y) >= 0xEE) return x_is_pair;
  return x < y;
}

absl::Status Append(const Json& value, std::string& out);

absl::Status AppendArray(const Json& array, std::string& out) {
  out += '[';
  for (size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out += ',';
    SOTTO_RETURN_IF_ERROR(Append(array[i], out));
  }
  out += ']';
  return absl::OkStatus();
}

absl::Status AppendObject(const Json& object, std::string& out) {
  std::vector<std::pair<std::string_view, const Json*>> members;
  for (const auto& [name, member] : object.items()) members.emplace_back(name, &member);
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return ComesBefore(a.first, b.first); });
  out += '{';
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    AppendString(members[i].first, out);
    out += ':';
    SOTTO_RETURN_IF_ERROR(Append(*members[i].second, out));
  }
  out += '}';
  return absl::OkStatus();
}

absl::Status AppendNumber(const Json& number, std::string& out) {
  if (number.is_number_float()) {
    const double value = number.get<double>();
    if (!std::isfinite(value)) return absl::InvalidArgumentError("a number is not finite");
    out += CanonicalNumber(value);
    return absl::OkStatus();
  }
  const bool exact =
      number.is_number_unsigned()
          ? number.get<uint64_t>() <= static_cast<uint64_t>(kMostExact)
          : number.get<int64_t>() >= -kMostExact && number.get<int64_t>() <= kMostExact;
  if (!exact) return absl::InvalidArgumentError("an integer is beyond 2^53 - 1");
  out += std::to_string(number.get<int64_t>());
  return absl::OkStatus();
}

// As deep as the value nests: parsers of outside text bound it (base/json_depth.h).
absl::Status Append(const Json& value, std::string& out) {
  switch (value.type()) {
    case Json::value_t::object:
      return AppendObject(value, out);
    case Json::value_t::array:
      return AppendArray(value, out);
    case Json::value_t::string:
      AppendString(value.get_ref<const std::string&>(), out);
      return absl::OkStatus();
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return absl::OkStatus();
    case Json::value_t::null:
      out += "null";
      return absl::OkStatus();
    default:
      SOTTO_CHECK(value.is_number());  // No other kind comes out of JSON text.
      return AppendNumber(value, out);
  }
}

}  // namespace

std::string CanonicalNumber(double value) {
  if (value == 0) return "0";
  const Decimal decimal = ShortestDecimal(std::abs(value));
  const std::string& digits = decimal.digits;
  const int count = static_cast<int>(digits.size()), point = decimal.point;
  std::string text;
  if (point > 21 || point <= -6) {
    text = WithExponent(decimal);
  } else if (point >= count) {
    text = digits + std::string(static_cast<size_t>(point - count), '0');
  } else if (point > 0) {
    text = digits.substr(0, static_cast<size_t>(point)) + "." +
           digits.substr(static_cast<size_t>(point));
  } else {
    text = "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  }
  return value < 0 ? "-" + text : text;
}

absl::StatusOr<std::string> CanonicalJson(const Json& value) {
  std::string text;
  SOTTO_RETURN_IF_ERROR(Append(value, text));
  return text;
}

}  // namespace sotto
