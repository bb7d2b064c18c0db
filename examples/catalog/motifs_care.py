"""Motifs for the bathroom and the garden.

Run `python examples/catalog/draw.py` to regenerate the images.
"""

import math

from toolbox import INK, Scene, circle, dark, drum, ellipse, lathe, light, rect, rounded, smooth


def snake_plant(s: Scene, pot: str, leaf: str) -> None:
    for x, top, lean in ((320, 200, -70), (480, 180, 66), (360, 120, -24), (446, 96, 26), (402, 160, 0)):
        shape = smooth([(x + lean, top), (x + 30 + lean * 0.5, top + 150), (x + 28, 500), (x - 28, 500),
                        (x - 30 + lean * 0.5, top + 150)])  # fmt: skip
        s.fill(shape, light(leaf, 0.25), leaf, dark(leaf, 0.35))
        with s.clip(shape):
            for y in range(top + 40, 500, 34):
                s.stroke([(x - 60, y + 10), (x, y - 4), (x + 70, y + 12)], 7, dark(leaf, 0.35), alpha=0.6)
        s.stroke([*shape, shape[0]], 5, "#e8e3a0")
    s.solid([(270, 480), (530, 480), (496, 668), (304, 668)], pot, 0.22)
    s.solid(rect(254, 440, 546, 500, 14), light(pot, 0.08), 0.22)
    s.shade([(276, 500), (524, 500), (521, 514), (279, 514)], 0.2)
    s.shine(rounded([(292, 526), (318, 526), (332, 640), (318, 640)], 8), 0.3)


def watering_can(s: Scene, color: str) -> None:
    s.stroke(smooth([(470, 380), (560, 300), (660, 340), (650, 470), (540, 590)], closed=False), 26, dark(color, 0.12))
    s.stroke(smooth([(300, 560), (230, 500), (180, 390), (142, 290)], closed=False), 46, light(color, 0.1), color)
    with s.at(140, 278, -24):
        s.solid(rounded([(-34, 30), (34, 30), (66, -26), (-66, -26)], 8), color)
        s.fill(ellipse(0, -28, 68, 22), light(color, 0.45))
        for x in (-40, -20, 0, 20, 40):
            s.fill(circle(x, -28, 5), dark(color, 0.5))
    s.solid(drum(420, 390, 650, 150, 26, 172), color, 0.24)
    s.fill(ellipse(420, 390, 150, 26), dark(color, 0.4))
    s.solid(ellipse(420, 390, 150, 26, 180, 360) + ellipse(420, 390, 150, 90, 0, -180), color)
    s.fill(ellipse(480, 384, 86, 15), dark(color, 0.5))
    for y in (440, 604):
        s.stroke(ellipse(420, y, 152 + (y - 390) / 13, 24, 4, 176), 6, dark(color, 0.22))
    s.shine(rounded([(296, 430), (322, 436), (312, 610), (286, 604)], 10), 0.35)


def _rosette(s: Scene, cx: float, cy: float, size: float, color: str) -> None:
    for ring, count, tone in ((1.0, 11, 0.25), (0.72, 9, 0.05), (0.44, 7, 0.0)):
        for i in range(count):
            with s.at(cx, cy, i * 360 / count + ring * 40, size * ring):
                petal = smooth([(0, -1.0), (0.3, -0.6), (0.2, 0), (-0.2, 0), (-0.3, -0.6)])
                s.fill(petal, light(color, 0.5 - ring * 0.3), dark(color, tone))
    s.fill(circle(cx, cy, size * 0.12), light(color, 0.5))


def succulents(s: Scene, box: str, greens: tuple[str, str, str]) -> None:
    _rosette(s, 400, 380, 150, greens[1])
    _rosette(s, 252, 440, 112, greens[0])
    for i, lean in enumerate((-26, 0, 26)):
        with s.at(552, 500, lean):
            s.solid(rect(-26, -190 + abs(lean) * 2, 26, 0, 26), greens[2], 0.25)
            for y in range(-160 + i % 2 * 10, 0, 26):
                s.stroke([(-8, y), (8, y)], 4, "#fff7dc")
    s.fill(circle(552, 300, 20), "#ff9db1", "#e86a8a")
    s.solid(rounded([(140, 476), (660, 476), (630, 668), (170, 668)], 22), box, 0.2)
    s.fill(rect(130, 460, 670, 504, 14), light(box, 0.25), box)
    for x in range(200, 640, 66):
        s.fill(rounded([(x, 540), (x + 26, 586), (x, 632), (x - 26, 586)], 6), light(box, 0.3), alpha=0.7)


def birdhouse(s: Scene, wall: str, roof: str) -> None:
    s.solid(rect(384, 560, 416, 676, 6), "#9b7650")
    s.solid(ellipse(400, 672, 90, 13), "#7d5f40")
    s.fill([(400, 190), (556, 340), (556, 590), (244, 590), (244, 340)], light(wall, 0.2), wall)
    for x in (296, 348, 400, 452, 504):
        s.stroke([(x, 250), (x, 590)], 3, dark(wall, 0.3), alpha=0.4)
    s.shade([(244, 340), (400, 190), (556, 340), (556, 390), (400, 240), (244, 390)], 0.15)
    for side in (-1, 1):
        edge = [(400, 128), (400 + side * 226, 336), (400 + side * 196, 370), (400, 186)]
        s.fill(rounded(edge, 8), light(roof, 0.2) if side < 0 else roof, dark(roof, 0.12))
    s.fill(circle(400, 410, 62), light(wall, 0.45))
    s.fill(circle(400, 412, 50), "#4b3527", "#6a4c38")
    s.solid(rect(388, 500, 412, 540, 10), dark(wall, 0.4))
    s.solid(rect(222, 580, 578, 614, 10), dark(wall, 0.15))
    with s.at(486, 520):
        s.fill(smooth([(-30, 30), (-10, -14), (30, -30), (62, -6), (48, 40), (6, 60)]), "#7db3e8", "#4a86c6")
        s.fill(circle(38, -24, 28), "#7db3e8", "#5a97d6")
        s.fill([(62, -30), (88, -20), (62, -12)], "#f0a030")
        s.fill(circle(46, -30, 5), INK)
        s.fill(smooth([(-8, 14), (24, 4), (30, 34), (-36, 44)]), "#3d74b0")


def soap(s: Scene, bar: str, dish: str) -> None:
    with s.at(400, 450, -5):
        s.solid(rect(-190, -70, 190, 96, 62), dark(bar, 0.15))
        s.fill(rect(-190, -100, 190, 50, 66), light(bar, 0.35), bar)
        s.stroke(rect(-150, -76, 150, 24, 46), 6, dark(bar, 0.18), alpha=0.6)
        with s.at(0, -22):
            for angle in (-60, 0, 60):
                with s.at(0, 26, angle):
                    s.fill(smooth([(0, -64), (16, -34), (0, 0), (-16, -34)]), dark(bar, 0.22))
        s.shine(rect(-156, -90, -30, -74, 8), 0.7)
    s.solid(rounded([(150, 540), (650, 540), (600, 640), (200, 640)], 40), dish, 0.2)
    s.fill(rect(140, 524, 660, 560, 18), light(dish, 0.3), dish)
    for x in (250, 550):
        s.solid(rect(x - 34, 628, x + 34, 664, 12), dark(dish, 0.2))
    for x, y, r in ((200, 300, 34), (262, 220, 22), (590, 270, 42), (530, 190, 18), (648, 350, 20), (330, 270, 14)):
        s.fill(circle(x, y, r), "#ffffff", light(bar, 0.6), alpha=0.55)
        s.stroke(circle(x, y, r), 3, "#ffffff", alpha=0.9)
        s.shine(circle(x - r * 0.35, y - r * 0.35, r * 0.2), 0.95)


def pump_bottle(s: Scene, body: str, pump: str, label: str) -> None:
    s.solid(rect(380, 170, 420, 300, 8), dark(pump, 0.12))
    s.fill(smooth([(270, 150), (300, 128), (440, 126), (462, 150), (456, 186), (330, 182), (300, 176), (284, 200)]),
           light(pump), pump)  # fmt: skip
    s.solid(rect(346, 244, 454, 312, 14), pump, 0.25)
    outline = lathe(400, [(50, 300), (62, 316), (140, 350), (156, 400), (156, 630), (150, 660), (130, 670)])
    s.solid(outline, body, 0.24)
    s.fill(rect(284, 420, 516, 610, 18), label)
    with s.at(400, 490):
        for angle in (-70, -35, 0, 35, 70):
            with s.at(0, 30, angle):
                s.fill(smooth([(0, -72), (15, -40), (0, 0), (-15, -40)]), light(body), dark(body, 0.1))
    s.fill(rect(330, 546, 470, 556, 5), dark(body, 0.25))
    s.fill(rect(356, 572, 444, 580, 4), dark(body, 0.1))
    s.shine(rect(262, 390, 278, 620, 8), 0.5)


def cream_jar(s: Scene, glass: str, lid: str) -> None:
    s.solid(drum(400, 430, 636, 200, 30), glass, 0.24)
    s.fill(drum(400, 474, 590, 201, 30), "#fffaf2", "#efe6da", across=True)
    s.fill(circle(400, 550, 44), light(glass), glass)
    s.fill(smooth([(400, 518), (424, 550), (400, 584), (376, 550)]), "#fffaf2")
    s.fill(rect(250, 546, 330, 556, 5), dark(glass, 0.2))
    s.fill(rect(470, 546, 550, 556, 5), dark(glass, 0.2))
    s.solid(drum(400, 330, 432, 212, 34), lid, 0.26)
    s.fill(ellipse(400, 330, 212, 34), light(lid, 0.35), light(lid, 0.1))
    for x in (-170, -120, -60, 0, 60, 120, 170):
        drop = 34 * math.sqrt(1 - (x / 212) ** 2)
        s.stroke([(400 + x, 346 + drop), (400 + x, 424 + drop)], 4, dark(lid, 0.3), alpha=0.35)
    s.shine(ellipse(340, 326, 110, 12), 0.5)


def toothbrushes(s: Scene, wood: str, tips: tuple[str, str, str]) -> None:
    s.mode = "flat"
    for i, tip in enumerate(tips):
        with s.at(400 + (i - 1) * 128, 410, (i - 1) * 11):
            for x in (-26, -9, 8):
                for y in range(-268, -176, 24):
                    s.fill(rect(x, y, x + 15, y + 20, 5), light(tip, 0.35), tip)
            handle = lathe(0, [(22, -286), (34, -272), (34, -180), (17, -130), (20, 0), (26, 130), (22, 270), (8, 290)])
            s.solid(handle, wood, 0.2)
            for x in (-24, -8, 8):
                for y in range(-266, -184, 21):
                    s.fill(rect(x, y, x + 15, y + 17, 5), light(tip, 0.5), tip)
            s.fill(rect(-25, 150, 25, 172), tip)
            s.shine(rect(-11, -80, -4, 120, 3), 0.4)


def towels(s: Scene, colors: tuple[str, str, str]) -> None:
    for i, color in enumerate(colors):
        bottom = 668 - i * 132
        inset = i * 14
        for fold in (0, 1):
            y = bottom - 66 * (fold + 1)
            s.fill(rect(176 + inset, y, 624 - inset, y + 72, 34), light(color, 0.25), color, dark(color, 0.14))
        s.fill(rect(176 + inset, bottom - 132, 240 + inset, bottom, 34), light(color, 0.35), light(color, 0.05))
        s.stroke([(214 + inset, bottom - 64), (600 - inset, bottom - 64)], 5, dark(color, 0.35), alpha=0.5)
        for x in (500, 524):
            s.fill(rect(x - inset, bottom - 130, x + 12 - inset, bottom - 68), light(color, 0.6), alpha=0.8)
        for x in range(270, 480, 26):
            s.stroke([(x, bottom - 104), (x + 8, bottom - 104)], 4, "#ffffff", alpha=0.35)
