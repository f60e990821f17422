# Writes build_version.hpp at every build, but touches it only when it changed.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=10 OUTPUT_VARIABLE git
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(git "unknown")
endif()
set(text "#define PQ_VERSION \"${VERSION}\"\n#define PQ_GIT \"${git}\"\n#define PQ_BUILD_TYPE \"${BUILD_TYPE}\"\n")
if(EXISTS ${OUT})
  file(READ ${OUT} before)
endif()
if(NOT "${text}" STREQUAL "${before}")
  file(WRITE ${OUT} "${text}")
endif()
