"""check-report.py DIR [PLOT.svg]: what a report and a plot must be.

Parses report.html and the plot as XML, follows every figure to its place in
report.json, and reads marks back from where they stand between the ticks.
"""
import csv
import json
import math
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"


def check(holds, what):
    if not holds:
        sys.exit(f"check-report.py: {what}")


def follow(report, pointer):
    """What a JSON pointer points to."""
    for step in pointer.split("/")[1:]:
        report = report[int(step) if isinstance(report, list) else step]
    return report


def check_alone(text, name):
    """Nothing runs and nothing is fetched; dark where the reader likes that."""
    for word in ("<script", "src=", "url(", "@import", "<link", "javascript:"):
        check(word not in text, f"{name}: expected none of {word}")
    for address in re.findall(r"https?://[^\"' )]*", text):
        check(address.startswith("http://www.w3.org/"),
              f"{name}: expected no address but of namespaces, got {address}")
    check("prefers-color-scheme: dark" in text, f"{name}: expected a dark style")


class Balance(HTMLParser):
    """Elements as an HTML reader sees them must end in order, too."""

    open = ()

    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            self.open += (tag,)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        check(self.open and self.open[-1] == tag,
              f"expected the end of {self.open[-1:]}, got {tag}")
        self.open = self.open[:-1]


def check_figures(page, report):
    """Every figure of a table has the JSON's value, rounded as it is shown."""
    seen = set()
    for data in page.iter(HTML + "data"):
        pointer = data.get("data-json")
        value = follow(report, pointer)
        check(float(data.get("value")) == value,
              f"{pointer}: expected {value}, got {data.get('value')}")
        digits = len(data.text.partition(".")[2])
        check(abs(float(data.text) - value) <= 0.5 * 10**-digits + 1e-9,
              f"{pointer}: expected {value} rounded, got {data.text}")
        seen.add(pointer)
    for i, record in enumerate(report["records"]):
        pointer = f"/records/{i}/median_us"
        check(pointer in seen, f"expected {pointer} on the page")
        for key in ("floor_us", "baseline_us"):
            if record["stage"] == "layer" and record[key] is not None:
                check(f"/records/{i}/{key}" in seen, f"expected {i}/{key}")
    for group in ("falls", "slower"):
        for i in range(len(report[group])):
            check(f"/{group}/{i}/ratio" in seen, f"expected {group} {i}")
    for mark in page.iter():
        if mark.get("data-value") is not None:
            value = follow(report, mark.get("data-json"))
            check(float(mark.get("data-value")) == value,
                  f"{mark.get('data-json')}: expected {value} in a chart")


def words(element):
    return [text.text for text in element.iter(SVG + "text")]


def scale_of(ticks):
    """Value at a pixel of a logarithmic axis, from two of its numbers."""
    (a, at_a), (b, at_b) = ticks[0], ticks[-1]
    return lambda at: a * (b / a) ** ((at - at_a) / (at_b - at_a))


def check_times_chart(chart):
    """Marks of the layer stand where the numbers of the axes put them."""
    numbers = [text for text in chart.iter(SVG + "text")
               if text.get("class") == "faint"]
    ticks = {anchor: [(float(text.text), float(text.get(axis)))
                      for text in numbers if text.get("text-anchor") == anchor]
             for anchor, axis in (("middle", "x"), ("end", "y"))}
    to_tokens = scale_of(ticks["middle"])
    # Numbers stand 4 pixels lower, on their line.
    to_us = scale_of([(value, at - 4) for value, at in ticks["end"]])
    marks = [mark for mark in chart.iter(SVG + "circle") if len(mark)]
    check(marks, "expected marks in the chart of times")
    for mark in marks:
        tip = mark.find(SVG + "title").text
        tokens, us = map(float, re.match(r"layer, T = (\S+): (\S+) µs", tip).groups())
        got = to_tokens(float(mark.get("cx"))), to_us(float(mark.get("cy")))
        for want, value in zip((tokens, us), got):
            check(math.isclose(want, value, rel_tol=0.01),
                  f"{tip}: expected the mark there, got {got}")


def check_page(directory, report):
    text = (directory / "report.html").read_text()
    check_alone(text, "report.html")
    balance = Balance()
    balance.feed(text)
    check(balance.open == (), f"expected every element to end, got {balance.open}")
    page = ElementTree.fromstring(text)
    check_figures(page, report)
    sections = page.findall(f".//{HTML}section")
    series = {(r["layer"], r["mode"], r["routing"]) for r in report["records"]}
    check(len(sections) == len(series), f"expected {len(series)} sections")
    charts = {}
    for chart in sections[0].iter(SVG + "svg"):
        charts[chart.get("aria-label")] = words(chart)
        check(chart.get("viewBox") == "0 0 640 400", "expected one size of charts")
    titles = " ".join(charts)
    for want in ("time of the layer", "Roofline", "What each stage takes"):
        check(want in titles, f"expected a chart of '{want}', got {titles}")
    compared = any(r["against_us"] is not None for r in report["records"])
    check(("Tuned against untuned" in titles) == compared,
          "expected a comparison exactly if there are two sets")
    units = {word for chart in charts.values() for word in chart}
    for want in ("tokens T", "time of the layer, µs", "useful TFLOP/s",
                 "useful operations per byte, FLOP/B",
                 "share of the stages' sum, %", "1450 TFLOP/s (FP8 GEMM)",
                 "4.25 TB/s (copy)"):
        check(want in units, f"expected '{want}' in a chart")
    check_times_chart(next(sections[0].iter(SVG + "svg")))


def check_csv(directory, report):
    with open(directory / "report.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == len(report["records"]), "expected a line a record")
    for row, record in zip(rows, report["records"]):
        check(list(row) == list(record), "expected the names of the JSON")
        for name, value in record.items():
            text = "" if value is None else value if isinstance(value, str) \
                else json.dumps(value)
            same = row[name] == text or not isinstance(value, str) and \
                text and json.loads(row[name]) == value
            check(same, f"{name}: expected {text}, got {row[name]}")


def check_plot(path):
    text = path.read_text()
    check_alone(text, path.name)
    root = ElementTree.fromstring(text.encode())
    panels = root.findall(SVG + "svg")
    check(panels, "expected a panel a layer")
    for panel in panels:
        check_times_chart(panel)


directory = Path(sys.argv[1])
report = json.loads((directory / "report.json").read_text())
check_page(directory, report)
check_csv(directory, report)
for plot in sys.argv[2:]:
    check_plot(Path(plot))
