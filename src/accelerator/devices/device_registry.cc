#include "accelerator/devices/device_registry.h"

#include <charconv>
#include <set>
#include <utility>

#include "accelerator/devices/multi_device.h"
#include "base/strings.h"

namespace sotto {
namespace {

// A kind of device is one line here.
const DeviceBackend* const kBackends[] = {
    &kCpuBackend,
#ifdef SOTTO_HAVE_OPENCL
    &kOpenClBackend,
#endif
#ifdef SOTTO_HAVE_CUDA
    &kCudaBackend,
#endif
};

std::string Listed(const std::vector<std::string>& names) {
  std::string listed;
  for (const std::string& name : names) listed += StrCat(" ", name);
  return listed;
}

// INVALID_ARGUMENT with what could have been named.
absl::Status UnknownDevice(std::string_view name) {
  std::string kinds;
  for (const DeviceBackend* backend : kBackends) kinds += StrCat(" ", backend->kind);
  return absl::InvalidArgumentError(
      StrCat("device \"", name, "\" is not KIND or KIND:NUMBER; kinds in this build:", kinds,
             "; devices found:", Listed(PresentDevices())));
}

struct DeviceName {
  std::string_view kind;
  int index = 0;
};

absl::StatusOr<DeviceName> ParseDeviceName(std::string_view name) {
  const size_t colon = name.find(':');
  DeviceName parsed{.kind = name.substr(0, colon)};
  if (colon == std::string_view::npos) return parsed;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + colon + 1, end, parsed.index);
  if (error != std::errc() || rest != end || parsed.index < 0) {
    return UnknownDevice(name);
  }
  return parsed;
}

}  // namespace

std::vector<std::string> PresentDevices() {
  std::vector<std::string> names;
  for (const DeviceBackend* backend : kBackends) {
    const int count = backend->count();
    for (int i = 0; i < count; ++i) {
      names.push_back(backend == &kCpuBackend ? "cpu" : StrCat(backend->kind, ":", i));
    }
  }
  return names;
}

absl::StatusOr<std::unique_ptr<Device>> OpenDevice(std::string_view name,
                                                   const DeviceOptions& options) {
  SOTTO_ASSIGN_OR_RETURN(const DeviceName parsed, ParseDeviceName(name));
  for (const DeviceBackend* backend : kBackends) {
    if (backend->kind != parsed.kind) continue;
    const int count = backend->count();
    if (parsed.index >= count) {
      const std::string why =
          count == 0 && backend->why_none != nullptr ? StrCat(": ", backend->why_none()) : "";
      return absl::FailedPreconditionError(StrCat("device \"", name, "\" was not found", why,
                                                  "; devices found:", Listed(PresentDevices())));
    }
    return backend->open(parsed.index, options);
  }
  return UnknownDevice(name);
}

absl::StatusOr<std::unique_ptr<Device>> OpenDevices(std::span<const std::string> names,
                                                    const DeviceOptions& options) {
  if (names.empty()) return absl::InvalidArgumentError("no device given");
  std::vector<std::unique_ptr<Device>> devices;
  std::set<std::pair<std::string_view, int>> seen;
  for (const std::string& name : names) {
    SOTTO_ASSIGN_OR_RETURN(const DeviceName parsed, ParseDeviceName(name));
    if (!seen.emplace(parsed.kind, parsed.index).second) {
      return absl::InvalidArgumentError(StrCat("device \"", name, "\" is given twice"));
    }
    SOTTO_ASSIGN_OR_RETURN(devices.emplace_back(), OpenDevice(name, options));
  }
  if (devices.size() == 1) return std::move(devices.front());
  return MakeMultiDevice(std::move(devices));
}

}  // namespace sotto
