"""Motifs for the kitchen and the pantry.

Run `python examples/catalog/draw.py` to regenerate the images.
"""

import math

from toolbox import INK, Scene, circle, dark, drum, ellipse, lathe, light, mix, rect, rounded, smooth


def _leaf(s: Scene, x: float, y: float, angle: float, size: float, color: str) -> None:
    with s.at(x, y, angle, size):
        s.fill(smooth([(0, -1), (0.34, -0.4), (0, 0.2), (-0.34, -0.4)]), light(color), dark(color, 0.12))
        s.stroke([(0, -0.8), (0, 0.2)], 0.05, dark(color, 0.35))


def frying_pan(s: Scene, iron: str, handle: str) -> None:
    s.mode = "flat"
    with s.at(340, 460, 45):
        s.solid(rect(-24, -330, 24, -180, 10), dark(iron, 0.3))
        s.solid(lathe(0, [(20, -520), (34, -500), (36, -400), (26, -300), (24, -260)]), handle, 0.3)
        s.fill(circle(0, -478, 12), dark(handle, 0.6))
        s.fill(circle(0, 0, 240), light(iron, 0.25), iron)
    s.fill(circle(340, 460, 222), dark(iron, 0.3), light(iron, 0.12))
    s.fill(circle(340, 462, 186), light(iron, 0.08), dark(iron, 0.2))
    s.stroke(ellipse(340, 462, 160, 160, 195, 265), 12, "#ffffff", alpha=0.18)
    s.stroke(ellipse(340, 462, 128, 128, 205, 245), 8, "#ffffff", alpha=0.14)
    s.stroke(ellipse(340, 460, 231, 231, 180, 275), 6, "#ffffff", alpha=0.4)


def kettle(s: Scene, body: str, trim: str) -> None:
    s.stroke(smooth([(560, 470), (690, 500), (690, 310), (556, 330)], closed=False), 28, dark(trim, 0.1))
    spout = smooth([(290, 590), (190, 560), (196, 430), (170, 350), (110, 322)], closed=False)
    s.stroke(spout, 34, light(body, 0.12), dark(body, 0.12))
    s.stroke([(x - 6, y - 5) for x, y in spout[10:-8]], 6, light(body, 0.6), alpha=0.7)
    s.solid(lathe(410, [(122, 340), (134, 352), (178, 500), (194, 640), (186, 664), (170, 670)]), body, 0.26)
    s.fill(ellipse(410, 340, 122, 20), dark(body, 0.3))
    s.solid(ellipse(410, 338, 112, 60, 180, 360) + ellipse(410, 338, 112, 16, 0, 180), light(body, 0.12), 0.24)
    s.solid(rect(398, 258, 422, 290, 6), dark(trim, 0.2))
    s.solid(ellipse(410, 248, 32, 24), trim, 0.25)
    s.shine(rounded([(296, 400), (320, 396), (284, 620), (256, 620)], 12), 0.4)
    s.shade(rounded([(540, 420), (556, 470), (582, 640), (552, 640)], 12), 0.1)
    s.fill(rect(228, 650, 592, 672, 10), dark(body, 0.35))


def stock_pot(s: Scene, enamel: str, knob: str) -> None:
    for side in (-1, 1):
        x = 400 + side * 214
        s.stroke(smooth([(x, 430), (x + side * 62, 436), (x + side * 62, 486), (x, 492)], closed=False), 26,
                 dark(enamel, 0.15))  # fmt: skip
    s.solid(drum(400, 380, 630, 222, 34, 206), enamel, 0.24)
    s.fill(drum(400, 376, 392, 230, 34), light(enamel, 0.5), dark("#d8d4cc", 0.1), across=True)
    lid = ellipse(400, 372, 226, 96, 180, 360) + ellipse(400, 372, 226, 32, 0, 180)
    s.solid(lid, light(enamel, 0.08), 0.24)
    s.shine(smooth([(216, 352), (266, 306), (350, 288), (290, 318), (244, 360)]), 0.45)
    s.solid(rect(388, 240, 412, 284, 6), dark(knob, 0.25))
    s.solid(ellipse(400, 236, 46, 22), knob, 0.25)
    s.shine(rect(212, 440, 234, 610, 11), 0.35)
    s.shade(rounded([(560, 440), (590, 430), (580, 610), (548, 620)], 14), 0.1)


def mug(s: Scene, glaze: str, clay: str) -> None:
    for x, top in ((330, 190), (400, 150), (466, 196)):
        steam = smooth([(x, 330), (x - 22, 286), (x + 18, 246), (x - 8, top)], closed=False)
        s.stroke(steam, 12, "#ffffff", alpha=0.6)
    s.stroke(ellipse(556, 500, 92, 88, -100, 110), 40, light(glaze, 0.06), dark(glaze, 0.2))
    s.stroke(ellipse(553, 496, 100, 96, -80, 20), 6, "#ffffff", alpha=0.35)
    body = drum(380, 370, 640, 184, 32, 172)
    s.solid(body, clay, 0.22)
    with s.clip(body):
        drips = [(180, 300), (600, 300), (600, 560), (540, 590), (490, 556), (430, 600), (370, 566), (310, 604)]
        s.solid(smooth([*drips, (250, 566), (180, 590)]), glaze, 0.22)
        for i in range(46):
            s.shade(circle(200 + i * 83 % 360, 410 + i * 57 % 230, 2 + i % 3), 0.22)
    s.fill(ellipse(380, 370, 184, 32), light(glaze, 0.4), light(glaze, 0.2))
    s.fill(ellipse(380, 374, 168, 25), dark(glaze, 0.35))
    s.fill(ellipse(380, 382, 152, 17), "#5a3825", "#7d5236")
    s.shine(rect(222, 430, 244, 590, 11), 0.42)


def bowls(s: Scene, colors: tuple[str, str, str]) -> None:
    for i, color in enumerate(colors):
        y = 470 - i * 92
        rx = 250 - i * 14
        s.solid(rounded([(400 - 84, y + 150), (400 + 84, y + 150), (400 + 74, y + 200), (400 - 74, y + 200)], 8),
                dark(color, 0.12))  # fmt: skip
        s.solid(ellipse(400, y, rx, 178, 0, 180), color, 0.22)
        s.fill(ellipse(400, y, rx, 44), light(color, 0.5))
        s.fill(ellipse(400, y + 5, rx - 14, 36), dark(color, 0.3), color)
        s.stroke(ellipse(400, y + 34, rx - 8, 54, 20, 160), 8, light(color, 0.55), alpha=0.7)
        s.shine(ellipse(400 - rx + 70, y + 70, 16, 34), 0.4)


def pour_over(s: Scene, cone: str, wood: str) -> None:
    glass = lathe(400, [(70, 436), (66, 452), (120, 510), (168, 580), (164, 650), (140, 670)])
    s.stroke(smooth([(530, 500), (640, 490), (640, 620), (556, 630)], closed=False), 20, "#d3e3e6")
    s.fill(glass, "#eef7f7", "#cfe3e6", alpha=0.9)
    s.stroke([*glass, glass[0]], 6, "#b9d0d6")
    with s.clip(glass):
        s.fill(rect(200, 574, 600, 680), "#7b4a2d", "#3f2317")
        s.fill(ellipse(400, 574, 166, 15), "#9a643f")
    s.shine(smooth([(272, 590), (300, 540), (330, 516), (306, 570), (290, 640)]), 0.5)
    s.solid(rect(322, 432, 478, 472, 14), wood, 0.26)
    s.solid([(212, 250), (588, 250), (448, 440), (352, 440)], cone, 0.24)
    for t in (-0.62, -0.3, 0.0, 0.3, 0.62):
        s.stroke([(400 + 176 * t, 280), (400 + 50 * t, 430)], 5, dark(cone, 0.25), alpha=0.4)
    s.fill(drum(400, 246, 266, 200, 34), light(cone, 0.3), dark(cone, 0.12), across=True)
    s.fill(ellipse(400, 246, 186, 28), "#fbf4e6", "#e6d8bf")
    s.fill(ellipse(400, 254, 140, 18), "#6b4129", "#4b2b1b")
    s.solid(rect(268, 416, 532, 440, 12), dark(cone, 0.06), 0.24)
    for x, top in ((370, 110), (430, 130)):
        s.stroke(smooth([(x, 224), (x - 18, 190), (x + 16, 160), (x, top)], closed=False), 11, "#ffffff", alpha=0.6)


def teapot(s: Scene, color: str, accent: str) -> None:
    s.stroke(ellipse(590, 470, 96, 104, -112, 104), 32, light(color, 0.08), dark(color, 0.2))
    s.solid(smooth([(270, 600), (190, 540), (150, 420), (92, 330), (142, 312), (200, 400), (300, 450)]), color, 0.2)
    s.fill(ellipse(117, 322, 27, 9), dark(color, 0.45))
    body = lathe(400, [(104, 336), (176, 374), (220, 436), (230, 500), (212, 570), (166, 626), (118, 656), (110, 668)])
    s.solid(body, color, 0.26)
    with s.clip(body):
        s.fill(rect(120, 496, 680, 516), accent)
        for x in range(196, 640, 48):
            _leaf(s, x, 574, 20, 44, accent)
    lid = ellipse(400, 340, 120, 64, 180, 360) + ellipse(400, 340, 120, 20, 0, 180)
    s.solid(lid, light(color, 0.1), 0.26)
    s.solid(circle(400, 260, 26), accent, 0.26)
    s.shine(smooth([(204, 470), (226, 416), (286, 376), (254, 430), (236, 490)]), 0.5)


def knife(s: Scene, wood: str) -> None:
    s.mode = "flat"
    with s.at(400, 410, -38):
        blade = smooth([(-20, 46), (-200, 44), (-300, 10), (-372, -46)], closed=False)
        s.fill([(-372, -46), (-20, -52), (20, -52), (20, 40), *blade], "#f7fafc", "#cfd8df", "#a9b5bf")
        s.fill([(-372, -46), (20, -52), (20, -30), (-300, -28)], "#dfe6ea", "#eef2f5")
        s.stroke([*blade], 5, "#ffffff", alpha=0.9)
        s.solid(rounded([(14, -54), (58, -52), (58, 36), (14, 42)], 8), "#8f9aa5", 0.3)
        grip = smooth([(56, -50), (180, -54), (310, -44), (352, -8), (340, 44), (300, 40), (200, 24), (56, 36)])
        s.fill(grip, light(wood, 0.3), wood, dark(wood, 0.3))
        for x in (110, 200, 290):
            s.fill(circle(x, -8, 12), "#f3e6c4", "#b99a58")
        s.stroke([(76, -34), (300, -34)], 6, "#ffffff", alpha=0.25)


def coffee_bag(s: Scene, pouch: str, label: str, accent: str) -> None:
    side = rounded([(236, 236), (564, 236), (588, 440), (576, 664), (224, 664), (212, 440)], 20)
    s.solid(side, pouch, 0.24)
    s.shade(rounded([(500, 240), (564, 240), (588, 440), (576, 660), (520, 660), (544, 440)], 20), 0.12)
    s.fill(rect(230, 168, 570, 246, 10), light(pouch, 0.18), dark(pouch, 0.1))
    s.stroke([(236, 206), (564, 206)], 5, dark(pouch, 0.4), alpha=0.5)
    for x in (216, 562):
        s.solid(rect(x, 190, x + 24, 226, 6), "#d9b45c")
    s.fill(circle(400, 290, 15), light(pouch, 0.3))
    s.fill(circle(400, 290, 7), dark(pouch, 0.4))
    s.fill(rect(276, 336, 524, 596, 18), label, dark(label, 0.06))
    with s.at(400, 436, 30):
        s.fill(ellipse(0, 0, 46, 62), light(accent, 0.2), dark(accent, 0.25))
        s.stroke(smooth([(0, -58), (14, -20), (-14, 20), (0, 58)], closed=False), 8, label)
    s.fill(rect(316, 524, 484, 536, 6), accent)
    s.fill(rect(346, 554, 454, 562, 4), dark(label, 0.3))
    for x, y, angle in ((170, 656, 20), (130, 672, -50), (640, 660, 70), (210, 676, 80)):
        with s.at(x, y, angle):
            s.fill(ellipse(0, 0, 18, 26), "#8a5a3a", "#4f2f1e")
            s.stroke(smooth([(0, -22), (5, -8), (-5, 8), (0, 22)], closed=False), 4, "#2e1a10")
    s.shine(rounded([(240, 270), (258, 270), (244, 440), (226, 440)], 8), 0.3)


def tea_tin(s: Scene, tin: str, label: str) -> None:
    s.solid(rect(250, 300, 550, 668, 26), tin, 0.26)
    s.solid(rect(238, 214, 562, 316, 24), dark(tin, 0.08), 0.26)
    s.fill(rect(262, 190, 538, 232, 20), light(tin, 0.3), tin)
    s.fill(rect(238, 296, 562, 312, 8), dark(tin, 0.35))
    s.fill(ellipse(400, 488, 112, 136), light(label), label)
    s.stroke(ellipse(400, 488, 98, 122), 5, "#c9a25c")
    for angle in (-44, 0, 44):
        _leaf(s, 400, 486, angle, 84, "#6d9b5a")
    s.stroke([(400, 490), (400, 530)], 5, "#4f7a42")
    s.fill(rect(344, 546, 456, 556, 5), dark(tin, 0.1))
    s.shine(rect(266, 340, 284, 630, 9), 0.42)
    s.shine(rect(256, 232, 272, 288, 8), 0.42)


def salt_jar(s: Scene, grain: str, lid: str) -> None:
    s.solid(rect(268, 330, 532, 668, 48), "#e7eef0", 0.12)
    inside = rect(284, 380, 516, 654, 38)
    s.fill(inside, light(grain, 0.2), grain)
    with s.clip(inside):
        for i in range(240):
            x, y = 284 + i * 97 % 233, 384 + i * 61 % 269
            tone = ("#fff3e6", dark(grain, 0.35), light(grain, 0.5), "#b3261e")[i % 4]
            s.fill(rect(x, y, x + 9, y + 8, 3), tone)
    s.fill(rounded([(262, 470), (538, 470), (538, 594), (262, 594)], 8), "#fff6e4", "#f6e6c8")
    with s.at(370, 530, 62):
        s.fill(smooth([(0, -80), (26, -40), (20, 20), (-14, 74), (-4, 10), (-26, -40)]), "#e2463a", "#a81f1f")
        s.stroke(smooth([(0, -78), (8, -100), (22, -108)], closed=False), 10, "#5d8a3c")
    s.fill(rect(448, 508, 512, 518, 5), dark(grain, 0.3))
    s.fill(rect(448, 536, 500, 544, 4), "#b79a78")
    s.solid(rect(256, 226, 544, 346, 22), lid, 0.26)
    for x in range(280, 540, 20):
        s.stroke([(x, 250), (x, 334)], 3, dark(lid, 0.35), alpha=0.35)
    s.shine(rect(286, 376, 302, 456, 8), 0.6)


def honey_jar(s: Scene, honey: str, cloth: str) -> None:
    jar = lathe(380, [(130, 330), (150, 350), (176, 400), (180, 600), (166, 656), (130, 670)])
    s.solid(jar, honey, 0.2)
    with s.clip(jar):
        s.fill(circle(300, 560, 120), light(honey, 0.5), alpha=0.35)
        s.shade(ellipse(560, 520, 60, 220), 0.12)
    s.fill(rounded([(280, 440), (480, 440), (520, 520), (480, 600), (280, 600), (240, 520)], 10), "#fff8e6")
    for x, y in ((350, 494), (410, 494), (380, 546)):
        s.fill([(x + 32 * math.sin(math.radians(60 * k)), y + 32 * math.cos(math.radians(60 * k))) for k in range(6)],
               light(honey, 0.15), dark(honey, 0.1))  # fmt: skip
    frill = [(230 + 25 * k, 366 + (14 if k % 2 else -6)) for k in range(13)]
    s.solid(smooth([(256, 262), (380, 236), (504, 262), (534, 360), *reversed(frill), (226, 360)]), cloth, 0.2)
    for x in (290, 340, 390, 440):
        for y in (278, 318):
            s.fill(circle(x + y % 3 * 10, y, 8), light(cloth, 0.65))
    s.stroke(smooth([(246, 330), (380, 346), (514, 330)], closed=False), 9, "#b98d45")
    with s.at(630, 470, 24):
        s.solid(rect(-9, -230, 9, 100, 9), "#c28f55", 0.25)
        for i, half in enumerate((24, 38, 44, 44, 38, 24)):
            s.solid(rect(-half, 90 + i * 19, half, 104 + i * 19, 7), "#c28f55", 0.28)
    s.shine(rect(226, 420, 240, 610, 7), 0.55)


def oil_bottle(s: Scene, oil: str, label: str) -> None:
    body = lathe(400, [(34, 196), (34, 270), (50, 320), (104, 372), (112, 420), (112, 630), (104, 664), (88, 670)])
    s.solid(body, mix(oil, "#eef4e6", 0.55), 0.2)
    with s.clip(body):
        s.fill(rect(280, 330, 520, 680), light(oil, 0.15), oil, dark(oil, 0.15))
        s.fill(ellipse(400, 330, 60, 8), light(oil, 0.55))
        s.shade(ellipse(520, 500, 44, 240), 0.15)
    s.solid(rect(358, 190, 442, 216, 8), mix(oil, "#ffffff", 0.6), 0.2)
    s.solid(rounded([(368, 136), (432, 136), (426, 194), (374, 194)], 8), "#c9985f", 0.24)
    s.fill(rect(288, 440, 512, 610, 6), label, dark(label, 0.08))
    for angle in (-75, -25, 25, 75):
        with s.at(400, 512, angle):
            s.fill(smooth([(0, -46), (13, -20), (0, 0), (-13, -20)]), oil, dark(oil, 0.35))
    s.fill(rect(336, 548, 464, 558, 5), dark(oil, 0.4))
    s.fill(rect(360, 574, 440, 582, 4), dark(label, 0.35))
    s.shine(rect(304, 396, 318, 636, 7), 0.5)
    s.shine(rect(374, 226, 384, 300, 5), 0.6)


def chocolate(s: Scene, wrap: str, pattern: str) -> None:
    s.mode = "flat"
    with s.at(400, 405, 16):
        s.fill(rect(-150, -292, 150, 40, 8), "#7a4a30", "#5a3220")
        for x in (-138, -46, 46):
            for y in (-280, -190, -100):
                s.fill(rect(x, y, x + 84, y + 82, 8), "#8a5638", "#6a3d27")
                s.fill(rect(x + 13, y + 12, x + 71, y + 68, 6), "#6a3d27", "#94603f")
        teeth = [(-166 + 24 * k, -70 + (22 if k % 2 else -6)) for k in range(14)]
        s.fill([*teeth, (158, -20), (-166, -20)], "#f4f1ea", "#c7c8cc")
        paper = rect(-166, -40, 166, 300, 6)
        s.fill(paper, light(wrap, 0.12), wrap)
        with s.clip(paper):
            for i in range(-3, 4):
                for r in (60, 42, 24):
                    s.stroke(circle(i * 84, 300, r), 7, pattern, alpha=0.85)
                    s.stroke(circle(i * 84 + 42, 236, r), 7, pattern, alpha=0.85)
            s.shine([(-166, -40), (-120, -40), (-150, 300), (-166, 300)], 0.18)
        s.fill(rect(-120, 0, 120, 140, 12), "#fff6e6")
        s.fill(rect(-84, 44, 84, 60, 8), wrap)
        s.fill(rect(-50, 82, 50, 92, 5), dark(wrap, 0.3))
        s.stroke([(-166, -38), (166, -38)], 4, INK, alpha=0.2)
