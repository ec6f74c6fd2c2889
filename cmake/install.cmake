# What `make install` and `make deb` put where. Everything is relative to the prefix: the program
# finds the shipped model at ../share/sotto/models beside its own directory.
set(programs sotto sotto-accelerator sotto-audit sotto-bench sotto-measure)
install(TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The library, for find_package(sotto) and pkg-config.
include(CMakePackageConfigHelpers)
install(TARGETS sotto_shared EXPORT sottoTargets)
install(DIRECTORY include/sotto DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sotto)
install(EXPORT sottoTargets NAMESPACE sotto:: DESTINATION ${package_dir})
configure_package_config_file(cmake/sottoConfig.cmake.in ${CMAKE_BINARY_DIR}/sottoConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sottoConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sottoConfig.cmake ${CMAKE_BINARY_DIR}/sottoConfigVersion.cmake
        DESTINATION ${package_dir})
install(DIRECTORY examples/embed DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

set(model_files config.json model.safetensors tokenizer.json tokenizer_config.json README.md)
list(TRANSFORM model_files PREPEND models/kjv-2m/)
install(FILES ${model_files} DESTINATION ${CMAKE_INSTALL_DATADIR}/sotto/models/kjv-2m)
install(FILES examples/prompts.txt examples/lm_eval_adapter.py examples/reranker.jq
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES README.md ARCHITECTURE.md THREAT_MODEL.md CHANGELOG.md CONTRIBUTING.md STYLE.md LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY packaging/haproxy packaging/kubernetes
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/packaging)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
# What they link elsewhere: the model, and the messages' definition.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/doc)
file(CREATE_LINK ../../sotto/models ${CMAKE_BINARY_DIR}/doc/models SYMBOLIC)
install(FILES ${CMAKE_BINARY_DIR}/doc/models DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES src/protocol/accelerator.proto DESTINATION ${CMAKE_INSTALL_DOCDIR}/src/protocol)
# bash-completion looks for a file of the command's name.
foreach(program ${programs})
  install(FILES packaging/completion/sotto RENAME ${program}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endforeach()

# sotto_compress(source target.gz): as Debian wants it (no name, no time: reproducible).
function(sotto_compress source target)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${target}
    COMMAND gzip --no-name --best --stdout ${CMAKE_SOURCE_DIR}/${source} > ${CMAKE_BINARY_DIR}/${target}
    DEPENDS ${source})
  string(MAKE_C_IDENTIFIER ${target} name)
  add_custom_target(${name} DEPENDS ${CMAKE_BINARY_DIR}/${target})
  add_dependencies(man ${name})
endfunction()

# Manual pages, and whatever else is installed compressed.
add_custom_target(man ALL)
foreach(program ${programs})
  sotto_compress(packaging/man/${program}.1 ${program}.1.gz)
  install(FILES ${CMAKE_BINARY_DIR}/${program}.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endforeach()

# A unit and a .pc file have whole paths, and the prefix is known when it is installed (cmake
# --install --prefix).
install(CODE "
  get_filename_component(PREFIX \${CMAKE_INSTALL_PREFIX} ABSOLUTE)
  set(PROJECT_VERSION ${PROJECT_VERSION})
  set(CMAKE_INSTALL_LIBDIR ${CMAKE_INSTALL_LIBDIR})
  set(CMAKE_INSTALL_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
  set(pc ${CMAKE_BINARY_DIR}/sotto.pc)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/sotto.pc.in \${pc} @ONLY)
  file(INSTALL \${pc} DESTINATION \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig
       PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  set(unit ${CMAKE_BINARY_DIR}/sotto-accelerator.service)
  configure_file(${CMAKE_SOURCE_DIR}/packaging/systemd/sotto-accelerator.service.in
                 \${unit} @ONLY)
  file(INSTALL \${unit} DESTINATION \${CMAKE_INSTALL_PREFIX}/lib/systemd/system
       PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)")

include(packaging/deb/cpack.cmake)
