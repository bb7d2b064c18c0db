"""Motifs of electronics and stationery.

Run `python examples/catalog/draw.py` to regenerate the images.
"""

from toolbox import INK, Scene, circle, dark, drum, ellipse, lathe, light, mix, rect, rounded, smooth


def headphones(s: Scene, shell: str, pad: str) -> None:
    band = ellipse(400, 420, 216, 262, 180, 360)
    s.stroke(band, 50, light(shell, 0.2), shell)
    s.stroke(ellipse(400, 428, 186, 230, 200, 340), 26, light(pad, 0.1), pad)
    s.stroke(ellipse(400, 420, 228, 274, 205, 260), 7, "#ffffff", alpha=0.5)
    for side in (-1, 1):
        x = 400 + side * 200
        s.solid(rect(x - 14 + side * 14, 360, x + 14 + side * 14, 460, 10), "#c9ced6", 0.3)
        s.solid(rect(min(x - side * 66, x), 420, max(x - side * 66, x), 650, 32), pad, 0.25)
        s.solid(rect(min(x - side * 20, x + side * 72), 404, max(x - side * 20, x + side * 72), 666, 46), shell, 0.24)
        s.stroke(rect(x + side * 34 - 14, 460, x + side * 34 + 14, 610, 14), 4, light(shell, 0.5), alpha=0.6)
    s.shine(rect(148, 450, 160, 610, 6), 0.45)
    s.fill(circle(642, 630, 6), "#7fe0a8")


def earbuds(s: Scene, case: str, tip: str) -> None:
    s.fill(rounded([(200, 420), (216, 250), (300, 210), (500, 210), (584, 250), (600, 420)], 70), light(case, 0.1),
           dark(case, 0.16))  # fmt: skip
    s.fill(rounded([(230, 410), (244, 280), (310, 244), (490, 244), (556, 280), (570, 410)], 56), dark(case, 0.42),
           dark(case, 0.3))  # fmt: skip
    for side in (-1, 1):
        x = 400 + side * 84
        s.solid(rect(x - 19, 330, x + 19, 480, 18), light(case, 0.5), 0.2)
        s.fill(ellipse(x - side * 46, 322, 30, 26), light(tip), tip)
        s.fill(circle(x, 324, 50), light(case, 0.75), light(case, 0.25))
        s.fill(circle(x + side * 10, 318, 14), dark(case, 0.3))
        s.shine(ellipse(x - 18, 296, 14, 9), 0.8)
    s.solid(rounded([(186, 410), (614, 410), (620, 560), (560, 668), (240, 668), (180, 560)], 86), case, 0.2)
    s.fill(rect(190, 404, 610, 426, 10), light(case, 0.4))
    s.fill(circle(400, 500, 9), "#7fe0a8")
    s.fill(rect(360, 404, 440, 430, 10), dark(case, 0.2))
    s.shine(smooth([(220, 560), (224, 460), (262, 450), (250, 560), (280, 620)]), 0.4)


def speaker(s: Scene, fabric: str, trim: str) -> None:
    strap = smooth([(566, 330), (640, 250), (668, 320), (600, 400)], closed=False)
    s.stroke(strap, 18, trim)
    body = rect(216, 170, 584, 668, 110)
    s.solid(body, fabric, 0.26)
    with s.clip(body):
        for y in range(176, 670, 20):
            for x in range(220, 590, 20):
                s.fill(circle(x + (y // 20 % 2) * 10, y, 4), dark(fabric, 0.42), alpha=0.6)
        s.shade(ellipse(600, 420, 70, 300), 0.15)
        s.fill(rect(200, 612, 600, 680), dark(fabric, 0.45))
    for x in (330, 400, 470):
        s.fill(circle(x, 226, 15), trim)
    s.stroke([(324, 226), (336, 226)], 4, INK)
    s.stroke([(464, 226), (476, 226)], 4, INK)
    s.stroke([(470, 220), (470, 232)], 4, INK)
    s.fill(circle(400, 440, 120), dark(fabric, 0.18), alpha=0.5)
    s.stroke(circle(400, 440, 120), 10, light(trim), dark(trim))
    s.fill(rect(352, 544, 448, 570, 8), trim)
    s.shine(rect(246, 290, 262, 540, 8), 0.35)


def keyboard(s: Scene, case: str, keys: str, accent: str) -> None:
    s.mode = "flat"
    with s.at(400, 410, -14):
        s.fill(rect(-320, -140, 320, 158, 34), dark(case, 0.3))
        s.fill(rect(-320, -150, 320, 146, 34), light(case, 0.2), case)
        s.fill(rect(-296, -126, 296, 122, 16), dark(case, 0.45))
        rows = ((11, -120), (11, -72), (11, -24), (11, 24))
        for row, (count, y) in enumerate(rows):
            for k in range(count):
                x = -292 + k * 53.2
                special = (row, k) in ((0, 0), (2, 10), (1, 10))
                color = accent if special else keys if 0 < k < 10 else mix(keys, accent, 0.3)
                s.fill(rect(x + 2, y, x + 50, y + 44, 9), dark(color, 0.25))
                s.fill(rect(x + 6, y + 1, x + 46, y + 35, 8), light(color, 0.4), color)
        x = -292.0
        for width, color in ((66, accent), (66, keys), (266, keys), (66, keys), (60, keys), (60, accent)):
            s.fill(rect(x + 2, 72, x + width - 3, 116, 9), dark(color, 0.25))
            s.fill(rect(x + 6, 73, x + width - 7, 107, 8), light(color, 0.4), color)
            x += width
        s.stroke(smooth([(120, -150), (150, -230), (260, -210), (330, -300)], closed=False), 12, accent)


def smartwatch(s: Scene, strap: str, case: str) -> None:
    s.mode = "flat"
    for sign in (-1, 1):
        ends = [(-88, 130), (88, 130), (70, 320), (-70, 320)]
        s.fill(rounded([(400 + x, 400 + sign * y) for x, y in ends], 22), light(strap, 0.15), dark(strap, 0.12))
    for y in (590, 630, 670):
        s.fill(ellipse(400, y, 14, 9), dark(strap, 0.5))
    s.fill(rect(316, 92, 484, 116, 8), "#e3e7ec", "#a9b0ba")
    for y in (330, 470):
        s.solid(rect(570, y - 22, 606, y + 22, 10), dark(case, 0.15), 0.3)
    s.solid(circle(400, 400, 194), case, 0.28)
    s.fill(circle(400, 400, 166), "#2d3550", "#161a2b")
    for hour in range(12):
        with s.at(400, 400, hour * 30):
            s.stroke([(0, -148), (0, -132 if hour % 3 else -120)], 6, light(case, 0.3))
    s.fill(ellipse(400, 420, 104, 70, 180, 360), mix(strap, "#2d3550", 0.35))
    s.fill([(304, 452), (366, 366), (404, 414), (440, 384), (496, 452)], mix(strap, "#161a2b", 0.6))
    s.fill(circle(446, 330, 20), "#ffd98a")
    s.fill(rect(352, 474, 448, 488, 7), "#4a5270")
    s.fill(rect(352, 474, 418, 488, 7), "#7fe0a8")
    s.stroke([(400, 400), (362, 350)], 10, "#ffffff")
    s.stroke([(400, 400), (470, 372)], 7, "#ffffff")
    s.fill(circle(400, 400, 11), strap)
    s.shine(ellipse(400, 400, 180, 180, 200, 255) + ellipse(400, 400, 170, 170, 255, 200), 0.5)


def desk_fan(s: Scene, frame: str, blade: str) -> None:
    s.solid(rect(382, 480, 418, 640, 10), dark(frame, 0.15), 0.28)
    s.solid(drum(400, 636, 654, 136, 22), frame, 0.25)
    s.fill(ellipse(400, 634, 136, 22), light(frame, 0.35))
    s.fill(circle(440, 634, 9), dark(frame, 0.4))
    s.fill(circle(400, 336, 226), "#ffffff", alpha=0.4)
    for angle in (0, 120, 240):
        with s.at(400, 336, angle + 14):
            s.fill(smooth([(-16, -30), (-96, -130), (-50, -196), (44, -190), (70, -120), (26, -30)]), light(blade),
                   dark(blade, 0.1))  # fmt: skip
    for radius in (60, 104, 148, 190):
        s.stroke(circle(400, 336, radius), 4, frame, alpha=0.55)
    for angle in range(0, 360, 20):
        with s.at(400, 336, angle):
            s.stroke([(0, -50), (0, -222)], 4, frame, alpha=0.55)
    s.stroke(circle(400, 336, 228), 24, light(frame, 0.2), dark(frame, 0.12))
    s.fill(circle(400, 336, 50), light(frame, 0.3), dark(frame, 0.1))
    s.shine(ellipse(386, 320, 18, 14), 0.5)
    s.stroke(ellipse(400, 336, 234, 234, 200, 260), 5, "#ffffff", alpha=0.6)


def notebook(s: Scene, cover: str, band: str) -> None:
    s.mode = "flat"
    with s.at(405, 405, 10):
        s.fill(rect(-186, -262, 206, 272, 16), dark(cover, 0.4))
        s.fill(rect(-186, -262, 200, 264, 12), "#fbf6ea", "#e8dfc9")
        for y in range(-254, 264, 10):
            s.stroke([(192, y), (200, y)], 2, "#c8bda4")
        s.fill(rect(-196, -270, 190, 262, 18), light(cover, 0.18), cover)
        s.shade(rect(-196, -270, -150, 262, 18), 0.13)
        s.stroke([(-146, -266), (-146, 258)], 3, dark(cover, 0.35))
        s.fill(rect(-84, -176, 98, -86, 8), "#fbf6ea")
        s.stroke([(-56, -144), (70, -144)], 5, dark(cover, 0.2))
        s.stroke([(-56, -116), (30, -116)], 4, "#c8bda4")
        s.fill(rect(132, -272, 154, 264, 2), band, dark(band, 0.12))
        s.fill([(-30, 262), (-4, 262), (-4, 330), (-17, 314), (-30, 330)], band)
        s.shine(rounded([(-130, -250), (-104, -250), (-120, 60), (-134, 60)], 6), 0.18)


def fountain_pen(s: Scene, body: str, metal: str) -> None:
    s.mode = "flat"
    s.stroke(smooth([(150, 640), (200, 600), (230, 660), (280, 610), (320, 664), (400, 620), (520, 640)], closed=False),
             8, mix(body, "#27407a", 0.6))  # fmt: skip
    with s.at(420, 380, 40):
        s.solid(lathe(0, [(26, -320), (36, -300), (42, -120), (42, 0), (38, 90), (30, 130)]), body, 0.3)
        s.solid(rect(-44, -140, 44, -120, 6), metal, 0.3)
        s.solid(rect(-44, -30, 44, -14, 6), metal, 0.3)
        s.solid(rect(-38, 84, 38, 100, 5), metal, 0.3)
        s.solid(rounded([(-30, 100), (30, 100), (22, 184), (-22, 184)], 8), dark(body, 0.45), 0.3)
        nib = smooth([(-22, 182), (22, 182), (30, 220), (0, 306), (-30, 220)])
        s.fill(nib, light(metal, 0.5), metal, dark(metal, 0.15), across=True)
        s.fill(circle(0, 222, 7), INK)
        s.stroke([(0, 222), (0, 296)], 3, INK)
        s.solid(rounded([(6, -290), (24, -290), (20, -64), (10, -64)], 8), metal, 0.3)
        s.shine(rect(-26, -290, -18, 70, 4), 0.5)


def pencil_pot(s: Scene, pot: str, pencils: tuple[str, ...]) -> None:
    for i, color in enumerate(pencils):
        lean = (i - (len(pencils) - 1) / 2) * 9
        with s.at(400 + lean * 4, 560, lean):
            top = -330 - (i * 53) % 80
            s.fill([(-22, top + 70), (22, top + 70), (0, top)], "#f3dcb8", "#e0bd8b")
            s.fill([(-8, top + 26), (8, top + 26), (0, top)], color)
            s.solid(rect(-22, top + 66, 22, 0, 4), color, 0.26)
            s.shine(rect(-8, top + 70, -1, 0), 0.25)
    s.solid(drum(400, 430, 640, 140, 24, 126), pot, 0.24)
    s.fill(ellipse(400, 430, 140, 24, 0, 180) + ellipse(400, 430, 128, 14, 180, 0), light(pot, 0.35))
    for i in range(6):
        x = 290 + i * 44
        s.stroke(smooth([(x, 520), (x + 11, 500), (x + 22, 520), (x + 33, 540), (x + 44, 520)], closed=False), 9,
                 light(pot, 0.6), alpha=0.85)  # fmt: skip
    s.stroke(ellipse(400, 574, 133, 22, 6, 174), 7, light(pot, 0.6), alpha=0.85)
    s.shine(rect(282, 470, 298, 620, 8), 0.4)


def watercolours(s: Scene, tin: str, paints: tuple[str, ...]) -> None:
    s.mode = "flat"
    with s.at(400, 410, -8):
        s.solid(rect(-270, -270, 270, -10, 26), tin, 0.2)
        s.fill(rect(-246, -246, 246, -22, 16), "#fdfcf8", "#ece8de")
        for x, y, size, paint in ((-150, -150, 46, 0), (-20, -110, 56, 3), (140, -160, 50, 5)):
            s.fill(smooth([(x - size, y), (x - 6, y - size * 0.8), (x + size, y - 8), (x + 12, y + size * 0.8)]),
                   light(paints[paint], 0.3), paints[paint], alpha=0.7)  # fmt: skip
        s.solid(rect(-270, 2, 270, 250, 26), tin, 0.2)
        s.fill(rect(-250, 20, 250, 232, 16), dark(tin, 0.4))
        for i, color in enumerate(paints):
            x, y = -240 + (i % 6) * 81, 30 + (i // 6) * 100
            s.fill(rect(x, y, x + 74, y + 92, 10), "#fdfcf8", "#e1dccf")
            s.fill(rect(x + 9, y + 9, x + 65, y + 83, 8), light(color, 0.12), color)
            s.shine(ellipse(x + 28, y + 26, 14, 6), 0.4)
    with s.at(470, 420, 52):
        s.fill(smooth([(0, -330), (17, -270), (13, -226), (-13, -226), (-17, -270)]), paints[1], "#5b4636")
        s.solid(rounded([(-14, -230), (14, -230), (11, -150), (-11, -150)], 4), "#cfd5db", 0.3)
        s.solid(lathe(0, [(12, -152), (17, -90), (11, 120), (6, 250)]), "#b5653a", 0.28)


def washi_tape(s: Scene, colors: tuple[str, str, str]) -> None:
    for x, y, r, color in ((256, 540, 124, colors[0]), (540, 530, 134, colors[1]), (398, 340, 120, colors[2])):
        s.fill(circle(x + 34, y, r), dark(color, 0.25), dark(color, 0.35))
        s.fill(rect(x, y - r, x + 34, y + r), dark(color, 0.15), dark(color, 0.3))
        s.fill(circle(x, y, r), light(color, 0.2), color)
        for k in (0.93, 0.86, 0.79):
            s.stroke(circle(x, y, r * k), 2, dark(color, 0.3), alpha=0.4)
        s.fill(circle(x, y, r * 0.7), "#d8b98c", "#b8915e")
        with s.clip(circle(x, y, r * 0.62)):
            s.fill(circle(x, y, r * 0.62), "#8d6a42", "#a98354")
            s.fill(circle(x + 30, y, r * 0.62), "#f2ede6")
        s.stroke(ellipse(x, y, r * 0.92, r * 0.92, 195, 260), 6, "#ffffff", alpha=0.55)
    strip = smooth([(384, 220), (250, 196), (170, 230), (120, 214)], closed=False)
    s.stroke(strip, 36, colors[2])
    for i, (left, top) in enumerate(strip[::5]):
        s.fill(circle(left, top + (6 if i % 2 else -6), 5), light(colors[2], 0.7))
