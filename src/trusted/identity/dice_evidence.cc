#include "trusted/identity/dice_evidence.h"

#include "attest/certificates.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

// Initial bytes of CBOR's items (RFC 8949, section 3); a length up to 23 is added to the first
// three.
constexpr unsigned char kText = 0x60, kArray = 0x80, kMap = 0xa0;
constexpr unsigned char kBytes8 = 0x58, kBytes16 = 0x59, kTag16 = 0xd9;
constexpr unsigned kTaggedEvidence = 60000;
// Of the registry of named information hash algorithms (RFC 6920).
constexpr char kSha256Id = 1;

std::string Item(unsigned char initial) { return std::string(1, static_cast<char>(initial)); }

std::string BigEndian16(size_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

// In the shortest form that lengths of 24 and more have.
std::string ByteString(std::string_view bytes) {
  SOTTO_CHECK(bytes.size() >= 24 && bytes.size() <= 0xffff);
  if (bytes.size() > 0xff) return StrCat(Item(kBytes16), BigEndian16(bytes.size()), bytes);
  return StrCat(Item(kBytes8), Item(static_cast<unsigned char>(bytes.size())), bytes);
}

}  // namespace

std::string PublicKeyClaims(std::string_view public_key) {
  constexpr std::string_view kName = "pubkey-hash";
  const std::string hash =
      StrCat(Item(kArray + 2), std::string(1, kSha256Id), ByteString(Sha256Bytes(public_key)));
  return StrCat(Item(kMap + 1), Item(kText + kName.size()), kName, ByteString(hash));
}

std::string TaggedEvidence(std::string_view quote, std::string_view claims) {
  return StrCat(Item(kTag16), BigEndian16(kTaggedEvidence), Item(kArray + 2), ByteString(quote),
                ByteString(claims));
}

}  // namespace sotto
