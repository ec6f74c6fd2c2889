#include "testing/browser.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "testing/temp_dir.h"

namespace sotto {
namespace {

using nlohmann::json;

std::string StandardOutputOf(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  pclose(pipe);
  return text;
}

std::vector<std::string> LinesWith(const std::string& text, const std::string& piece) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find(piece) != std::string::npos) lines.push_back(line);
  }
  return lines;
}

// From Chromium's network log. What it asks for on its own account (updates) has no origin.
std::vector<std::string> RequestsOfThePage(const std::string& net_log) {
  const json log = json::parse(net_log);
  const json& start = log.at("constants").at("logEventTypes").at("URL_REQUEST_START_JOB");
  std::vector<std::string> urls;
  for (const json& event : log.at("events")) {
    if (event.at("type") != start || !event.contains("params")) continue;
    const json& params = event.at("params");
    if (params.value("initiator", "not an origin") != "not an origin")
      urls.push_back(params["url"]);
  }
  return urls;
}

constexpr char kChromium[] = "/usr/bin/chromium";

}  // namespace

bool BrowserIsInstalled() { return std::filesystem::exists(kChromium); }

PageView OpenInBrowser(const std::string& path) {
  const TempDir dir;
  // No sandbox, for the test may run as root; a proxy that is not there instead of a network.
  const std::string command =
      std::string("timeout 100 ") + kChromium +
      " --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"
      " --disable-background-networking --disable-component-update --proxy-server=127.0.0.1:1"
      " --enable-logging=stderr --user-data-dir=" +
      dir.File("profile") + " --log-net-log=" + dir.File("net.json") + " --dump-dom file://" +
      path + " 2>" + dir.File("log");
  PageView view;
  view.dom = StandardOutputOf(command);
  if (view.dom.empty()) return view;
  view.console_messages = LinesWith(dir.Read("log"), ":CONSOLE");
  view.requests = RequestsOfThePage(dir.Read("net.json"));
  return view;
}

}  // namespace sotto
