# Which folders of the compiler a folder may include, itself aside. Run by the build whenever a file
# changes: `cmake -DFOLDER=compiler -P layers.cmake` fails at the first include that is not listed.
# Each folder lists only folders above its own line, so that there are no circles; this is checked.
cmake_minimum_required(VERSION 3.25)

set(layers
  "support:"
  "diag: support"
  "chip: support"
  "io: support"
  "ir: support"
  "interface: chip ir"                      # what a program shows to its surroundings
  "ops: diag ir support"                    # records of ops
  "graph: ir ops support"                   # over whole graphs
  "syntax: diag support"
  "opt: graph ir ops support"
  "lora: graph ir ops support"
  "check: chip diag graph interface io ir lora ops support syntax"
  "autodiff: check diag graph ir ops support"
  "schedule: chip graph ir ops support"
  "memory: chip diag ir ops schedule support"
  "emit: interface ir memory ops schedule support"
  "runner: emit interface io ir support"
  "driver: autodiff check chip diag emit graph interface io ir lora memory opt ops runner schedule support syntax"
  "tools: emit ops support")

set(known "")
set(problems "")
foreach(layer IN LISTS layers)
  string(REGEX MATCH "^([a-z]+):(.*)$" _ "${layer}")
  set(folder ${CMAKE_MATCH_1})
  string(REGEX MATCHALL "[a-z]+" allowed "${CMAKE_MATCH_2}")
  foreach(each IN LISTS allowed)
    if(NOT each IN_LIST known)
      string(APPEND problems "layers.cmake: `${folder}` stands above `${each}`, which it lists\n")
    endif()
  endforeach()
  list(APPEND known ${folder})
  file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/${folder}/*.h ${FOLDER}/${folder}/*.cpp)
  foreach(file IN LISTS files)
    file(STRINGS ${FOLDER}/${file} includes REGEX "^#include \"[a-z]+/")
    foreach(include IN LISTS includes)
      string(REGEX REPLACE "^#include \"([a-z]+)/.*" "\\1" other "${include}")
      if(NOT other STREQUAL folder AND NOT other IN_LIST allowed AND EXISTS ${FOLDER}/${other})
        string(APPEND problems "${file}: ${include}: `${folder}` may not include `${other}` (layers.cmake)\n")
      endif()
    endforeach()
  endforeach()
endforeach()
file(GLOB folders RELATIVE ${FOLDER} ${FOLDER}/*)
foreach(folder IN LISTS folders)
  if(IS_DIRECTORY ${FOLDER}/${folder} AND NOT folder IN_LIST known)
    string(APPEND problems "layers.cmake: there is a folder `${folder}` that it does not list\n")
  endif()
endforeach()
if(problems)
  message(FATAL_ERROR "${problems}")
endif()
