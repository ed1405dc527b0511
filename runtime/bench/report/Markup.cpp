//===- Markup.cpp - XML that is well-formed by construction ---------------===//
#include "runtime/bench/report/Markup.h"

#include <fmt/format.h>

#include <cmath>

namespace moert::bench {

std::string escape(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
    case '&':
      escaped += "&amp;";
      break;
    case '<':
      escaped += "&lt;";
      break;
    case '>':
      escaped += "&gt;";
      break;
    case '"':
      escaped += "&quot;";
      break;
    default:
      // XML has no word for control characters.
      escaped += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return escaped;
}

void Markup::start(std::string_view name, const Attributes &attributes,
                   std::string_view end) {
  written += fmt::format("<{}", name);
  for (const Attribute &attribute : attributes)
    written +=
        fmt::format(" {}=\"{}\"", attribute.name, escape(attribute.value));
  written += end;
}

Markup::Element Markup::element(std::string_view name,
                                const Attributes &attributes) {
  start(name, attributes, ">\n");
  return Element(*this, name);
}

void Markup::leaf(std::string_view name, const Attributes &attributes,
                  std::string_view content) {
  start(name, attributes, ">");
  text(content);
  written += fmt::format("</{}>\n", name);
}

void Markup::empty(std::string_view name, const Attributes &attributes) {
  start(name, attributes, "/>\n");
}

std::string coordinate(double value) {
  const double tenths = std::round(10 * value) / 10;
  return fmt::format("{}", tenths == 0 ? 0.0 : tenths); // no "-0"
}

} // namespace moert::bench
