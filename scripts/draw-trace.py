#!/usr/bin/env python3
"""Draws a trace of moe-sim as SVG: draw-trace.py TRACE.json PICTURE.svg [TILES]

A row for each role, tensor core and tile of a slot, time from left to right, as
far as the first TILES tiles (default 2) are stored. Time is in steps of the
simulator, which says what waits for what and not how long a GPU takes.
"""
import json
import sys

COLOURS = {"wait": "#d9d9d9", "fill": "#7fb3d5", "wgmma": "#e59866", "store": "#82b366"}
WORDS = {"wait": "waiting", "fill": "filling", "wgmma": "multiplying", "store": "storing"}
LEFT, WIDTH, ROW, TOP = 190, 1000, 22, 34


def main(trace_path, picture_path, tiles=2):
    events = json.load(open(trace_path))
    events = events["traceEvents"] if isinstance(events, dict) else events
    names = {e["tid"]: e["args"]["name"] for e in events if e["ph"] == "M"}
    spans = [e for e in events if e["ph"] == "X"]
    consumers = {tid for tid, name in names.items() if name.startswith("consumer")}
    end = max(stored_until(spans, tid, tiles) for tid in consumers)
    # The producer first, then the slots it fills, then who drains them.
    order = sorted(names, key=lambda t: (rank(names[t]), names[t]))
    open(picture_path, "w").write(picture(spans, names, order, end))


def stored_until(spans, tid, tiles):
    """When consumer `tid` has stored its first tiles; a gap ends a tile."""
    stores = sorted((e for e in spans if e["tid"] == tid and kind(e) == "store"),
                    key=lambda e: e["ts"])
    return stores[min(tiles, len(stores)) - 1]["ts"] + stores[0]["dur"] if stores else 0


def rank(name):
    return 0 if name == "producer" else 1 if name.startswith("stage") else 2


def kind(event):
    return event["name"].split()[0]


def picture(spans, names, order, end):
    height = TOP + ROW * len(order) + 30
    rows = {tid: TOP + ROW * i for i, tid in enumerate(order)}
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 20}" '
             f'height="{height}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>']
    for i, (word, colour) in enumerate(COLOURS.items()):
        lines.append(f'<rect x="{LEFT + 130 * i}" y="8" width="14" height="14" fill="{colour}"/>'
                     f'<text x="{LEFT + 20 + 130 * i}" y="20">{WORDS[word]}</text>')
    for tid, y in rows.items():
        lines.append(f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{names[tid]}</text>'
                     f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y + ROW - 1}" y2="{y + ROW - 1}" stroke="#eee"/>')
    scale = WIDTH / end
    for e in sorted(spans, key=lambda e: e["ts"]):
        if e["ts"] < end:
            width = max(min(e["dur"], end - e["ts"]) * scale, 1)
            lines.append(f'<rect x="{LEFT + e["ts"] * scale:.1f}" y="{rows[e["tid"]] + 2}" width="{width:.1f}" '
                         f'height="{ROW - 5}" fill="{COLOURS.get(kind(e), "#999")}"><title>{e["name"]}</title></rect>')
    lines.append(f'<text x="{LEFT}" y="{height - 10}" fill="#666">steps of the simulator, 0 ... {end:.0f}</text></svg>')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
