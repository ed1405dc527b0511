# Installs BUILD, builds samples/host_app of SOURCE against nothing but what was
# installed, and starts it on a layer that CODEGEN wrote. Works in WORK.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${prefix} ${WORK}/app ${WORK}/layer)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})

# An installed package that names this tree works here and nowhere else.
file(GLOB_RECURSE package ${prefix}/*.cmake)
foreach(file IN LISTS package)
  file(STRINGS ${file} lines REGEX "${SOURCE}/(runtime|compiler|dialect|build)")
  if(lines)
    message(FATAL_ERROR "${file} names the source or build tree: ${lines}")
  endif()
endforeach()

run(${CMAKE_COMMAND} -S ${SOURCE}/samples/host_app -B ${WORK}/app -G Ninja
    -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_COMPILER=${COMPILER}
    -D CMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${WORK}/app)
run(${CODEGEN} ${SOURCE}/tests/gpu/layers/tiny.mlir -o ${WORK}/layer)

# 77: loaded, but there is no Hopper GPU to run on.
execute_process(COMMAND ${WORK}/app/host_app ${WORK}/layer RESULT_VARIABLE code)
if(NOT code MATCHES "^(0|77)$")
  message(FATAL_ERROR "host_app: want exit code 0, or 77 without a Hopper GPU, got ${code}")
endif()
