#include "kernels/gemm_kernel.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/float_types.h"
#include "base/held_signals.h"
#include "base/single_openmp_thread.h"

namespace sotto {
namespace {

using dnnl::memory;

// Lets oneDNN use every instruction of this processor. ONEDNN_MAX_CPU_ISA of the environment would
// take away what base/cpu.h has found: sums of two byte products would be cut to 16 bits where they
// are taken to be exact. Whoever else in this process has used oneDNN already has settled it; what
// counts then is OneDnnUses().
void LiftIsaLimit() {
  static const bool lifted = [] {
    dnnl::set_max_cpu_isa(dnnl::cpu_isa::all);
    return true;
  }();
  (void)lifted;
}

// One engine for the process: it is a handle to the CPU, without state of ours.
dnnl::engine& CpuEngine() {
  static dnnl::engine* engine = [] {
    LiftIsaLimit();
    return new dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return *engine;
}

memory::data_type SourceType(GemmOperands operands) {
  switch (operands) {
    case GemmOperands::kF32:
    case GemmOperands::kF32ByBf16:  // Never comes here: gemm_form.h widens it.
      return memory::data_type::f32;
    case GemmOperands::kBf16:
      return memory::data_type::bf16;
    case GemmOperands::kU8S8:
    case GemmOperands::kU8S16:  // Nor does this: a plane is kU8S8.
      return memory::data_type::u8;
  }
  return memory::data_type::undef;
}

memory::data_type WeightType(GemmOperands operands) {
  return operands == GemmOperands::kU8S8 ? memory::data_type::s8 : SourceType(operands);
}

memory::data_type ResultType(GemmOperands operands) {
  return operands == GemmOperands::kU8S8 ? memory::data_type::s32 : memory::data_type::f32;
}

memory::dim Dim(size_t n) { return static_cast<memory::dim>(n); }

// oneDNN's handles are not const-correct; it reads inputs only.
memory Handle(const memory::desc& desc, const void* data) {
  return {desc, CpuEngine(), const_cast<void*>(data)};
}

// oneDNN's older f32 products, of blocks narrower than the tile and of processors without AVX-512,
// take a part of the heap for their stack where sums are long: the frame of a signal that is
// handled on the thread's own stack would be written over what lies below it.
bool MovesStack(std::string_view implementation) { return implementation.starts_with("gemm:"); }

// Fills with values whose sum shows the order of its additions: long mantissas, mixed signs.
void FillForComparison(GemmOperands operands, size_t count, uint32_t seed, uint8_t* out) {
  uint32_t state = 12345 + seed * 2654435761u;
  for (size_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    const float value = static_cast<float>(static_cast<int32_t>(state)) * 0x1p-31f;
    const BFloat16 rounded = ToBFloat16(value);
    const uint8_t byte = static_cast<uint8_t>(state >> 24);
    const void* element = &byte;
    if (operands == GemmOperands::kF32) element = &value;
    if (operands == GemmOperands::kBf16) element = &rounded;
    std::memcpy(out + i * GemmOperandBytes(operands), element, GemmOperandBytes(operands));
  }
}

}  // namespace

bool OneDnnUses(dnnl::cpu_isa isa) {
  LiftIsaLimit();
  const auto bits = static_cast<unsigned>(isa);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

std::shared_ptr<const GemmKernel> GemmKernel::Get(GemmOperands operands, size_t k, size_t columns) {
  using Key = std::tuple<GemmOperands, size_t, size_t>;
  static std::mutex* mutex = new std::mutex;
  static auto* kernels = new std::map<Key, std::shared_ptr<const GemmKernel>>;
  std::lock_guard lock(*mutex);
  std::shared_ptr<const GemmKernel>& kernel = (*kernels)[{operands, k, columns}];
  if (kernel == nullptr) kernel = std::make_shared<GemmKernel>(operands, k, columns);
  return kernel;
}

// Multiplies equal rows by one weight with one variant after the other. Where sums are short and
// few, two orders of additions may give the same bits by chance: then several rows are tried.
class GemmKernel::Comparison {
 public:
  Comparison(const GemmKernel& kernel, const Variant& base)
      : kernel_(kernel),
        row_bytes_(GemmRowBytes(kernel.operands_, kernel.k_)),
        a_(MakeAlignedArray<uint8_t>(base.rows * row_bytes_)),
        packed_(MakeAlignedArray<uint8_t>(kernel.packed_bytes_)),
        tile_(MakeAlignedArray<uint32_t>(base.rows * kGemmColumnBlock)) {
    const size_t k = kernel.k_, bytes = GemmOperandBytes(kernel.operands_);
    const auto weight = MakeAlignedArray<uint8_t>(kernel.columns_ * k * bytes);
    FillForComparison(kernel.operands_, kernel.columns_ * k, 0, weight.get());
    kernel.Reorder(base, weight.get(), packed_.get());
    first_rows_.resize(std::clamp<size_t>(kMostTerms / (k * kernel.columns_), 1, kMostSamples));
  }

  // Whether every row of this product has the bits of the first row ever asked about.
  bool SameBits(const Variant& variant) {
    for (size_t sample = 0; sample < first_rows_.size(); ++sample) {
      if (!SameBits(variant, sample)) return false;
    }
    return true;
  }

 private:
  // Of a sample, and of all: a small part of a second's work.
  static constexpr size_t kMostTerms = size_t{1} << 17, kMostSamples = 32;

  bool SameBits(const Variant& variant, size_t sample) {
    const size_t row = kernel_.k_ * GemmOperandBytes(kernel_.operands_);
    FillForComparison(kernel_.operands_, kernel_.k_, static_cast<uint32_t>(sample) + 1, a_.get());
    for (size_t i = 1; i < variant.rows; ++i) std::memcpy(&a_[i * row_bytes_], a_.get(), row);
    const auto scratch = MakeAlignedArray<uint8_t>(variant.scratchpad.get_size());
    kernel_.Execute(variant, a_.get(), packed_.get(), tile_.get(), scratch.get());
    std::vector<uint32_t>& first_row = first_rows_[sample];
    if (first_row.empty()) first_row.assign(&tile_[0], &tile_[kernel_.columns_]);
    for (size_t i = 0; i < variant.rows; ++i) {
      if (!std::equal(first_row.begin(), first_row.end(), &tile_[i * kGemmColumnBlock])) {
        return false;
      }
    }
    return true;
  }

  const GemmKernel& kernel_;
  const size_t row_bytes_;
  const AlignedArray<uint8_t> a_, packed_;
  const AlignedArray<uint32_t> tile_;
  std::vector<std::vector<uint32_t>> first_rows_;  // Of each sample.
};

GemmKernel::GemmKernel(GemmOperands operands, size_t k, size_t columns) noexcept
    : operands_(operands), k_(k), columns_(columns) {
  // Code is generated for the number of threads set at creation.
  const SingleOpenMpThread single;
  const memory::desc any({Dim(k_), Dim(columns_)}, WeightType(operands_), memory::format_tag::any);
  std::optional<Variant> base = MakeVariant(kGemmRowBlock, any);
  SOTTO_CHECK(base.has_value());
  packed_bytes_ = (base->packed.get_size() + 63) / 64 * 64;
  scratch_bytes_ = base->scratchpad.get_size();
  Comparison comparison(*this, *base);
  variants_.push_back(*base);
  if (!comparison.SameBits(*base)) return;
  for (size_t rows = kGemmRowBlock / 2; rows >= 1; rows /= 2) {
    std::optional<Variant> variant = MakeVariant(rows, base->packed);
    // A shorter product that rounds differently would break batch invariance; the longer ones
    // then serve, padded.
    if (variant.has_value() && variant->implementation == base->implementation &&
        comparison.SameBits(*variant)) {
      scratch_bytes_ = std::max(scratch_bytes_, variant->scratchpad.get_size());
      variants_.push_back(*std::move(variant));
    }
  }
}

std::optional<GemmKernel::Variant> GemmKernel::MakeVariant(size_t rows,
                                                           const memory::desc& packed) const {
  const memory::desc a({Dim(rows), Dim(k_)}, SourceType(operands_),
                       {Dim(GemmRowBytes(operands_, k_) / GemmOperandBytes(operands_)), 1});
  const memory::desc tile({Dim(rows), Dim(columns_)}, ResultType(operands_),
                          {Dim(kGemmColumnBlock), 1});
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  // Whatever ONEDNN_DEFAULT_FPMATH_MODE of the environment says: f32 is multiplied in f32.
  attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);
  const dnnl::matmul::primitive_desc desc(dnnl::matmul::desc(a, packed, tile), attributes,
                                          CpuEngine(), /*allow_empty=*/true);
  if (!desc) return std::nullopt;
  static std::atomic<uint64_t> next_id{0};
  return Variant{rows,
                 dnnl::matmul(desc),
                 desc.src_desc(),
                 desc.weights_desc(),
                 desc.dst_desc(),
                 desc.scratchpad_desc(),
                 desc.impl_info_str(),
                 MovesStack(desc.impl_info_str()),
                 next_id.fetch_add(1)};
}

void GemmKernel::Reorder(const Variant& variant, const void* rows, void* packed) const {
  // The transpose of a row-major [columns, k].
  const memory::desc plain({Dim(k_), Dim(columns_)}, WeightType(operands_), memory::format_tag::ba);
  memory from = Handle(plain, rows), to = Handle(variant.packed, packed);
  const SingleOpenMpThread single;
  dnnl::stream stream(CpuEngine());
  dnnl::reorder(from, to).execute(stream, from, to);
}

// The handles that one thread calls a variant with, made once: making them for each call took more
// time than a small block's products.
class GemmKernel::Call {
 public:
  static Call& Of(const Variant& variant) {
    // Of kernels that are no longer used, too, so the table is emptied when it is full.
    constexpr size_t kMostCalls = 256;
    thread_local std::unordered_map<uint64_t, Call> calls;
    if (const auto found = calls.find(variant.id); found != calls.end()) return found->second;
    if (calls.size() == kMostCalls) calls.clear();
    return calls.emplace(variant.id, Call(variant)).first->second;
  }

  void Run(const Variant& variant, const void* a, const void* packed, void* tile, void* scratch) {
    thread_local dnnl::stream stream(CpuEngine());
    const void* const data[] = {a, packed, tile, scratch};
    for (size_t i = 0; i < memories_.size(); ++i) {
      // oneDNN's handles are not const-correct; it reads inputs only.
      memories_[i].set_data_handle(const_cast<void*>(data[i]));
    }
    const SingleOpenMpThread single;
    std::optional<HeldSignals> held;
    if (variant.moves_stack) held.emplace();
    SOTTO_CHECK(dnnl_primitive_execute(variant.matmul.get(), stream.get(),
                                       static_cast<int>(arguments_.size()),
                                       arguments_.data()) == dnnl_success);
  }

 private:
  explicit Call(const Variant& variant)
      : memories_{Handle(variant.a, nullptr), Handle(variant.packed, nullptr),
                  Handle(variant.tile, nullptr), Handle(variant.scratchpad, nullptr)},
        arguments_{{{DNNL_ARG_SRC, memories_[0].get()},
                    {DNNL_ARG_WEIGHTS, memories_[1].get()},
                    {DNNL_ARG_DST, memories_[2].get()},
                    {DNNL_ARG_SCRATCHPAD, memories_[3].get()}}} {}

  std::array<memory, 4> memories_;
  std::array<dnnl_exec_arg_t, 4> arguments_;
};

void GemmKernel::Execute(const Variant& variant, const void* a, const void* packed, void* tile,
                         void* scratch) const {
  Call::Of(variant).Run(variant, a, packed, tile, scratch);
}

void GemmKernel::Pack(const void* rows, void* packed) const noexcept {
  Reorder(variants_.front(), rows, packed);
}

void GemmKernel::Multiply(const void* a, size_t rows, const void* packed, void* tile,
                          void* scratch) const noexcept {
  const uint8_t* a_rows = static_cast<const uint8_t*>(a);
  uint32_t* tile_rows = static_cast<uint32_t*>(tile);
  const size_t rest = rows % kGemmRowUnit;
  size_t left = rows - rest + (rest == 0 ? 0 : std::bit_ceil(rest));
  // The largest variant that fits, and the smallest one for what no variant fits.
  for (auto variant = variants_.begin(); left > 0;) {
    if (variant->rows > left && variant + 1 != variants_.end()) {
      ++variant;
      continue;
    }
    Execute(*variant, a_rows, packed, tile_rows, scratch);
    a_rows += variant->rows * GemmRowBytes(operands_, k_);
    tile_rows += variant->rows * kGemmColumnBlock;
    left -= std::min(left, variant->rows);
  }
}

}  // namespace sotto
