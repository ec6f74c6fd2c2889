# `make deb`: one package with the programs, the model, manual pages and completion. Dependencies are
# computed from what the programs link (dpkg-shlibdeps).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sotto)
set(CPACK_PACKAGE_VENDOR "Sotto")
set(CPACK_PACKAGE_CONTACT "Sotto maintainers <sotto@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "confidential prefill of Llama models")
set(CPACK_PACKAGE_DESCRIPTION
"Computes the logits of every position of given prompts in one forward pass,
 inside a trusted process (SGX enclave, TDX guest), or split between that
 process and untrusted accelerators that see blinded data only.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Installed into DESTDIR under the prefix /usr, which the systemd unit then names.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "bash-completion")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "pocl-opencl-icd")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
