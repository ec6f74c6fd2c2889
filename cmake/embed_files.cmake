# Writes C++ that holds files byte for byte: cmake -DOUTPUT=bytes.cc -DHEADER=dir/bytes.h
# -DFUNCTION=BytesOf "-DFILES=a;b" -P embed_files.cmake. The function finds them by their names,
# and returns an empty view for others.
set(arrays "")
set(cases "")
set(index 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
         bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char k${FUNCTION}${index}[] = {\n${bytes}};\n")
  string(APPEND cases "  if (name == \"${name}\") {\n"
    "    return {reinterpret_cast<const char*>(k${FUNCTION}${index}), sizeof k${FUNCTION}${index}};\n"
    "  }\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\nnamespace sotto {\nnamespace {\n${arrays}}  // namespace\n
std::string_view ${FUNCTION}(std::string_view name) {\n${cases}  return {};\n}\n\n}  // namespace sotto\n")
