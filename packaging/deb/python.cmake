# The package python3-sotto: the component `python` of python/CMakeLists.txt.
list(APPEND CPACK_COMPONENTS_ALL python debian_python)
set(CPACK_COMPONENT_PYTHON_GROUP python)
set(CPACK_COMPONENT_DEBIAN_PYTHON_GROUP python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-sotto)
set(CPACK_DEBIAN_PYTHON_DESCRIPTION "confidential prefill of Llama models (Python module)
Log-probabilities, logits and embeddings of prompts, in one forward pass inside
a trusted process, or split between that process and untrusted accelerators
that see blinded data only.
.
The package has the module sotto for Python 3, over the library of the package
sotto.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
# An extension is of one version of the interpreter.
math(EXPR next_minor "${Python3_VERSION_MINOR} + 1")
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
    "sotto (= ${PROJECT_VERSION}), python3 (>= ${Python3_VERSION_MAJOR}.${Python3_VERSION_MINOR}~), python3 (<< ${Python3_VERSION_MAJOR}.${next_minor}), python3-numpy")
# Where libsotto.so is found; the package that will have it is named above.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/src/trusted/api)
# Bytecode, as Debian's modules have it.
set(python_scripts postinst prerm)
list(TRANSFORM python_scripts PREPEND ${CMAKE_SOURCE_DIR}/packaging/deb/python/)
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${python_scripts})

install(FILES ${CMAKE_BINARY_DIR}/changelog.gz packaging/deb/copyright COMPONENT debian_python
        EXCLUDE_FROM_ALL DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/python3-sotto)
install(FILES packaging/deb/python/lintian-overrides RENAME python3-sotto COMPONENT debian_python
        EXCLUDE_FROM_ALL DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides)
