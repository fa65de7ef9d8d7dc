# What CPack makes of an installation: `cpack -G DEB` in the build folder. `./dev package` builds the ones that are released.
set(packages ${CMAKE_CURRENT_LIST_DIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lossd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "lossd maintainers <maintainers@lossd.dev>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Prometheus exporter for the dynamics of training losses")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"lossd follows the training logs of any machine-learning framework, or takes
samples over HTTP, and exposes for each training job how its loss moves: the
velocity, the acceleration and the regime that training is in.
It needs no change to the training code and no configuration.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE ${PROJECT_HOMEPAGE_URL})
set(CPACK_LOSSD_REPOSITORY ${PROJECT_HOMEPAGE_URL})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
if(CMAKE_CROSSCOMPILING)
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${LOSSD_DEBIAN_ARCHITECTURE})
endif()
# A static program needs no library; any other has the ones of the release that it was built on.
if(NOT LOSSD_STATIC)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
set(CPACK_DEBIAN_PACKAGE_DEPENDS passwd)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${packages}/debian/conffiles ${packages}/debian/postinst ${packages}/debian/prerm ${packages}/debian/postrm)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# What Debian wants otherwise than `make install` does: compressed pages, a copyright, and why lintian is overruled.
set(CPACK_PRE_BUILD_SCRIPTS ${packages}/debian_layout.cmake)

include(CPack)
