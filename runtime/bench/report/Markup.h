//===- Markup.h - XML that is well-formed by construction -------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_MARKUP_H
#define MOE_RUNTIME_BENCH_REPORT_MARKUP_H

#include <string>
#include <string_view>
#include <vector>

namespace moert::bench {

/// Text as XML and HTML take it between tags and within double quotes.
std::string escape(std::string_view text);

struct Attribute {
  std::string name, value;
};
using Attributes = std::vector<Attribute>;

/// Collects elements, HTML's or SVG's; both read what comes out as XML too.
class Markup {
public:
  /// Ends its element when it goes out of scope.
  class Element {
  public:
    Element(Markup &markup, std::string_view name)
        : markup(markup), name(name) {}
    Element(const Element &) = delete;
    Element &operator=(const Element &) = delete;
    ~Element() { markup.raw("</" + name + ">\n"); }

  private:
    Markup &markup;
    std::string name;
  };

  /// An element of the elements that follow.
  [[nodiscard]] Element element(std::string_view name,
                                const Attributes &attributes = {});
  /// An element of nothing but text.
  void leaf(std::string_view name, const Attributes &attributes,
            std::string_view text);
  /// `<circle .../>`: of SVG, or one of HTML that has no end tag.
  void empty(std::string_view name, const Attributes &attributes);

  void text(std::string_view text) { raw(escape(text)); }
  /// What is markup already.
  void raw(std::string_view markup) { written += markup; }

  const std::string &str() const { return written; }

private:
  void start(std::string_view name, const Attributes &attributes,
             std::string_view end);
  std::string written;
};

/// A coordinate, in tenths: "12", "12.5".
std::string coordinate(double value);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_MARKUP_H
