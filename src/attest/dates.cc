#include "attest/dates.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace sotto {
namespace {

constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
constexpr size_t kDayLength = 10;

bool HasForm(std::string_view text, std::string_view form) {
  if (text.size() != form.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == 'd' ? !digit : text[i] != form[i]) return false;
  }
  return true;
}

// Of text whose form has been checked.
int NumberAt(std::string_view text, size_t offset, size_t digits) {
  int number = 0;
  std::from_chars(text.data() + offset, text.data() + offset + digits, number);
  return number;
}

// A leap second has no place among POSIX seconds, and is refused.
std::optional<std::chrono::sys_seconds> Compose(int year, int month, int day, int hour, int minute,
                                                int second) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace

std::optional<std::chrono::sys_seconds> ParseDate(std::string_view text) {
  const bool whole = HasForm(text, kForm);
  if (!whole && !HasForm(text, kForm.substr(0, kDayLength))) return std::nullopt;
  const auto time = [&](size_t offset) { return whole ? NumberAt(text, offset, 2) : 0; };
  return Compose(NumberAt(text, 0, 4), NumberAt(text, 5, 2), NumberAt(text, 8, 2), time(11),
                 time(14), time(17));
}

std::string FormatDate(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::optional<std::chrono::sys_seconds> FromAsn1(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return Compose(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                 parts.tm_sec);
}

}  // namespace sotto
