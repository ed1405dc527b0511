//===- Error.h - what moert throws ------------------------------*- C++ -*-===//
#ifndef MOERT_ERROR_H
#define MOERT_ERROR_H

#include <stdexcept>
#include <string>

namespace moert {

/// What went wrong, in one word: a caller can act on it without reading text.
enum class ErrorCode {
  invalidArgument,   ///< A null or misaligned pointer, a count out of range.
  workspaceTooSmall, ///< Fewer bytes than FusedMoe::workspaceBytes asks for.
  badManifest, ///< The manifest is unreadable, truncated or of another format.
  badCubin,    ///< A cubin is missing, truncated or of another architecture.
  noDriver,    ///< libcuda is absent or too old.
  noDevice,    ///< No Hopper GPU is current.
  cuda,        ///< A CUDA call failed; the text names the call and its status.
  badConfig = 8, ///< A tuned configuration cannot be used. Not 7: moert_c.h,
                 ///< whose calls never meet one, says something else with it.
};

/// Every refusal of moert. The text names the object (a file, a field of
/// LayerArgs, a CUDA call), what was wanted and what was got.
class Error : public std::runtime_error {
public:
  Error(ErrorCode code, const std::string &text)
      : std::runtime_error(text), errorCode(code) {}
  ErrorCode code() const { return errorCode; }

private:
  ErrorCode errorCode;
};

} // namespace moert

#endif // MOERT_ERROR_H
