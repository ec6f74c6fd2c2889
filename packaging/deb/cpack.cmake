# `make deb`: the package sotto of everything that is installed, but for the Python module, which is
# the package python3-sotto: a server needs no Python. Dependencies are computed from what programs,
# library and module link (dpkg-shlibdeps).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sotto)
set(CPACK_PACKAGE_VENDOR "Sotto")
set(CPACK_PACKAGE_CONTACT "Sotto maintainers <sotto@localhost>")
set(CPACK_DEBIAN_SOTTO_DESCRIPTION "confidential prefill of language models
Computes the logits of every position of given prompts in one forward pass,
inside a trusted process (SGX enclave, TDX guest), or split between that
process and untrusted accelerators that see blinded data only.
.
The package has the programs (sotto, which an enclave runs; the server
sotto-accelerator with a systemd unit; sotto-bench, sotto-audit and
sotto-measure), the C++ library libsotto with its headers, CMake package and
pkg-config file, and a small model to try them with.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Installed into DESTDIR under the prefix /usr, which the systemd unit then names.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/packaging/deb/strip.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_SOTTO_PACKAGE_RECOMMENDS "bash-completion")
# libabsl-dev: the library's headers include absl/status.
set(CPACK_DEBIAN_SOTTO_PACKAGE_SUGGESTS "pocl-opencl-icd, libabsl-dev")
# Of the unit, and the linker's cache.
set(debian_scripts postinst prerm postrm triggers)
list(TRANSFORM debian_scripts PREPEND ${CMAKE_SOURCE_DIR}/packaging/deb/)
set(CPACK_DEBIAN_SOTTO_PACKAGE_CONTROL_EXTRA ${debian_scripts})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# What Debian alone wants: a component that `make install` leaves out.
sotto_compress(packaging/deb/changelog changelog.gz)
install(FILES ${CMAKE_BINARY_DIR}/changelog.gz packaging/deb/copyright COMPONENT debian EXCLUDE_FROM_ALL
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/deb/lintian-overrides RENAME sotto COMPONENT debian EXCLUDE_FROM_ALL
        DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides)

# Two packages: groups of the components that install() names.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL Unspecified debian)
set(CPACK_COMPONENT_UNSPECIFIED_GROUP sotto)
set(CPACK_COMPONENT_DEBIAN_GROUP sotto)
set(CPACK_DEBIAN_SOTTO_PACKAGE_NAME sotto)
if(SOTTO_HAVE_PYTHON)
  include(${CMAKE_CURRENT_LIST_DIR}/python.cmake)
endif()
include(CPack)
