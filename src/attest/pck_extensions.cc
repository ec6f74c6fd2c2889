#include "attest/pck_extensions.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include <map>
#include <optional>

#include "base/openssl_objects.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr char kExtensionOid[] = "1.2.840.113741.1.13.1";
constexpr size_t kFmspcBytes = 6, kPceIdBytes = 2;

using OwnedSequence = Owned<ASN1_SEQUENCE_ANY,
                            [](ASN1_SEQUENCE_ANY* s) { sk_ASN1_TYPE_pop_free(s, ASN1_TYPE_free); }>;

std::string OidText(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  const int size = OBJ_obj2txt(text.data(), text.size(), object, /*no_name=*/1);
  return size > 0 && size < static_cast<int>(text.size()) ? text.data() : "";
}

OwnedSequence ReadSequence(std::string_view der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  OwnedSequence sequence(d2i_ASN1_SEQUENCE_ANY(nullptr, &data, static_cast<int64_t>(der.size())));
  ERR_clear_error();
  const bool whole = data == reinterpret_cast<const unsigned char*>(der.data()) + der.size();
  return whole ? std::move(sequence) : nullptr;
}

std::string_view Contents(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

// A sequence of pairs (OID, value), by the OID's last number below `parent`. Values live as long
// as this object.
class Fields {
 public:
  static absl::StatusOr<Fields> Parse(std::string_view der, const std::string& parent) {
    Fields fields(parent);
    fields.items_ = ReadSequence(der);
    if (fields.items_ == nullptr) {
      return absl::InvalidArgumentError(StrCat(parent, " is not a sequence"));
    }
    for (int i = 0; i < sk_ASN1_TYPE_num(fields.items_.get()); ++i) {
      SOTTO_RETURN_IF_ERROR(fields.AddPair(sk_ASN1_TYPE_value(fields.items_.get(), i)));
    }
    return fields;
  }

  absl::StatusOr<std::string_view> Octets(int number, size_t size) const {
    const ASN1_TYPE* const value = Find(number);
    if (value == nullptr || value->type != V_ASN1_OCTET_STRING ||
        Contents(value->value.octet_string).size() != size) {
      return Missing(number, StrCat("an octet string of ", size, " bytes"));
    }
    return Contents(value->value.octet_string);
  }
  absl::StatusOr<uint16_t> Integer(int number, int64_t max) const {
    const ASN1_TYPE* const value = Find(number);
    int64_t integer = -1;
    if (value != nullptr && value->type == V_ASN1_INTEGER &&
        ASN1_INTEGER_get_int64(&integer, value->value.integer) != 1) {
      integer = -1;
    }
    ERR_clear_error();
    if (integer < 0 || integer > max) return Missing(number, StrCat("an integer up to ", max));
    return static_cast<uint16_t>(integer);
  }
  // DER, with its header.
  absl::StatusOr<std::string_view> Sequence(int number) const {
    const ASN1_TYPE* const value = Find(number);
    if (value == nullptr || value->type != V_ASN1_SEQUENCE) return Missing(number, "a sequence");
    return Contents(value->value.sequence);
  }

 private:
  explicit Fields(std::string parent) : parent_(std::move(parent)) {}

  absl::Status AddPair(const ASN1_TYPE* item) {
    OwnedSequence pair =
        item->type == V_ASN1_SEQUENCE ? ReadSequence(Contents(item->value.sequence)) : nullptr;
    if (pair == nullptr || sk_ASN1_TYPE_num(pair.get()) != 2 ||
        sk_ASN1_TYPE_value(pair.get(), 0)->type != V_ASN1_OBJECT) {
      return absl::InvalidArgumentError(StrCat(parent_, " holds what is no pair of OID and value"));
    }
    const std::string oid = OidText(sk_ASN1_TYPE_value(pair.get(), 0)->value.object);
    if (!pairs_.emplace(oid, std::move(pair)).second) {
      return absl::InvalidArgumentError(StrCat(oid, " is given twice"));
    }
    return absl::OkStatus();
  }
  const ASN1_TYPE* Find(int number) const {
    const auto found = pairs_.find(StrCat(parent_, ".", number));
    return found == pairs_.end() ? nullptr : sk_ASN1_TYPE_value(found->second.get(), 1);
  }
  absl::Status Missing(int number, std::string_view what) const {
    return absl::InvalidArgumentError(StrCat(parent_, ".", number, " is not ", what));
  }

  std::string parent_;
  OwnedSequence items_;
  std::map<std::string, OwnedSequence> pairs_;
};

}  // namespace

absl::StatusOr<PckExtensions> ParsePckExtensions(std::string_view der) {
  PckExtensions extensions;
  SOTTO_ASSIGN_OR_RETURN(const Fields fields, Fields::Parse(der, kExtensionOid));
  SOTTO_ASSIGN_OR_RETURN(const std::string_view tcb_der, fields.Sequence(2));
  SOTTO_ASSIGN_OR_RETURN(const Fields tcb, Fields::Parse(tcb_der, StrCat(kExtensionOid, ".2")));
  for (size_t i = 0; i < extensions.svns.size(); ++i) {
    SOTTO_ASSIGN_OR_RETURN(const uint16_t svn, tcb.Integer(static_cast<int>(i) + 1, UINT8_MAX));
    extensions.svns[i] = static_cast<uint8_t>(svn);
  }
  SOTTO_ASSIGN_OR_RETURN(extensions.pce_svn, tcb.Integer(17, UINT16_MAX));
  SOTTO_ASSIGN_OR_RETURN(extensions.pce_id, fields.Octets(3, kPceIdBytes));
  SOTTO_ASSIGN_OR_RETURN(extensions.fmspc, fields.Octets(4, kFmspcBytes));
  return extensions;
}

absl::StatusOr<PckExtensions> PckExtensionsOf(const X509* certificate) {
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> oid(OBJ_txt2obj(kExtensionOid, /*no_name=*/1));
  const int index = X509_get_ext_by_OBJ(certificate, oid.get(), -1);
  if (index < 0 || X509_get_ext_by_OBJ(certificate, oid.get(), index) >= 0) {
    return absl::InvalidArgumentError(
        StrCat("the PCK certificate has not one extension ", kExtensionOid));
  }
  return ParsePckExtensions(Contents(X509_EXTENSION_get_data(X509_get_ext(certificate, index))));
}

}  // namespace sotto
