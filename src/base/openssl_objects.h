// OpenSSL's objects, freed by their owner.
#ifndef SOTTO_BASE_OPENSSL_OBJECTS_H_
#define SOTTO_BASE_OPENSSL_OBJECTS_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace sotto {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;
using OwnedBio = Owned<BIO, BIO_free>;
using OwnedCertificate = Owned<X509, X509_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;

// Reads from `pem`, which must outlive it.
inline OwnedBio Reader(const std::string& pem) {
  return OwnedBio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// What was written into a memory BIO.
inline std::string Written(const OwnedBio& bio) {
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &data));
  return {data, size};
}

}  // namespace sotto

#endif  // SOTTO_BASE_OPENSSL_OBJECTS_H_
