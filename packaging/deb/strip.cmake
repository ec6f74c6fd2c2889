# CPack's own stripping leaves what dh_strip takes: .comment and .note.
# Each package has a directory of its own.
set(package ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*)
file(GLOB files ${package}/usr/bin/* ${package}/usr/lib/*/libsotto.so.*.*
                ${package}/usr/lib/python3/dist-packages/sotto/*.so)
foreach(file ${files})
  execute_process(COMMAND strip --strip-unneeded --remove-section=.comment --remove-section=.note
                          ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
