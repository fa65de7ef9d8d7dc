# What `cmake --install` lays down: the program, and what it generates of itself; the service where the tree has it.
include(GNUInstallDirs)

set(generated ${PROJECT_BINARY_DIR}/generated)
# A list of pairs: what `lossd generate` is asked for, and the file.
set(texts man lossd.1 bash lossd zsh _lossd fish lossd.fish)
set(files "")
while(texts)
  list(POP_FRONT texts text file)
  # Where the build is for another machine CMake puts its emulator before the program.
  add_custom_command(
    OUTPUT ${generated}/${file}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
    COMMAND lossd generate ${text} > ${generated}/${file}
    DEPENDS lossd
    VERBATIM)
  list(APPEND files ${generated}/${file})
endwhile()
add_custom_target(generated_texts ALL DEPENDS ${files})

install(TARGETS lossd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${generated}/lossd.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${generated}/lossd DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${generated}/_lossd DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${generated}/lossd.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Of the chart library that is in the program.
install(FILES /usr/share/doc/libjs-dygraphs/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME LICENSE.dygraphs)

if(EXISTS ${PROJECT_SOURCE_DIR}/deploy/systemd)
  install(FILES config/lossd.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/lossd)
  install(FILES config/lossd.example.yml config/lossd.minimal.yml config/web.example.yml CHANGELOG.md
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES deploy/prometheus/alerts.yml deploy/prometheus/recording.yml deploy/prometheus/alertmanager.yml deploy/prometheus/prometheus.yml
    DESTINATION ${CMAKE_INSTALL_DATADIR}/lossd/prometheus)
  install(DIRECTORY deploy/grafana/dashboards DESTINATION ${CMAKE_INSTALL_DATADIR}/lossd/grafana)
  install(FILES config/lossd.minimal.yml DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/lossd RENAME lossd.yml)
  install(FILES deploy/systemd/lossd.service DESTINATION lib/systemd/system)
  install(FILES deploy/systemd/lossd.sysusers DESTINATION lib/sysusers.d RENAME lossd.conf)
  include(${PROJECT_SOURCE_DIR}/deploy/packages/package.cmake)
endif()
# What is in a static program; only ./dev package makes it.
install(FILES ${PROJECT_BINARY_DIR}/lossd.spdx.json DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
