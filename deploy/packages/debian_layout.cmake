# Run by CPack over the tree that it is about to pack: what Debian wants otherwise than an installation by hand.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(root ${CPACK_TEMPORARY_DIRECTORY})
set(documents ${root}/usr/share/doc/lossd)

file(RENAME ${root}/usr/etc ${root}/etc)
file(REMOVE ${documents}/LICENSE ${documents}/LICENSE.dygraphs)
configure_file(${CMAKE_CURRENT_LIST_DIR}/debian/copyright ${documents}/copyright @ONLY)
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${documents}/changelog
"lossd (${CPACK_PACKAGE_VERSION}) stable; urgency=medium

  * What changed is in CHANGELOG.md.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
file(MAKE_DIRECTORY ${root}/usr/share/lintian/overrides)
configure_file(${CMAKE_CURRENT_LIST_DIR}/debian/lintian-overrides ${root}/usr/share/lintian/overrides/lossd COPYONLY)
execute_process(COMMAND gzip -9n ${documents}/changelog ${documents}/CHANGELOG.md ${root}/usr/share/man/man1/lossd.1 COMMAND_ERROR_IS_FATAL ANY)
