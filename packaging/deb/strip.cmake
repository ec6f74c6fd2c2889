# CPack's own stripping leaves what dh_strip takes: .comment and .note.
file(GLOB programs ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/bin/*)
file(GLOB_RECURSE libraries ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/lib/libsotto.so.*.*)
foreach(file ${programs} ${libraries})
  execute_process(COMMAND strip --strip-unneeded --remove-section=.comment --remove-section=.note
                          ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
