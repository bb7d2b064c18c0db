"""Motifs for clothing, shoes and bags.

Run `python examples/catalog/draw.py` to regenerate the images.
"""

from toolbox import INK, Path, Scene, circle, dark, ellipse, lathe, light, rect, rounded, smooth


def _mirror(half: Path, cx: float = 400) -> Path:
    """A symmetrical outline from its right half, listed from top to bottom."""
    return half + [(2 * cx - x, y) for x, y in reversed(half)]


def tee(s: Scene, cloth: str, accent: str) -> None:
    s.mode = "flat"
    for side in (1, -1):
        sleeve = [(400 + side * x, y) for x, y in ((120, 176), (208, 216), (290, 354), (204, 400), (140, 320))]
        s.fill(rounded(sleeve, 16), light(cloth, 0.15), dark(cloth, 0.12))
        s.stroke([(400 + side * 284, 344), (400 + side * 202, 388)], 4, dark(cloth, 0.3), alpha=0.5)
    body = rounded(_mirror([(84, 156), (160, 184), (172, 300), (168, 500), (174, 660)], 0), 14)
    body = [(400 + x, y) for x, y in body]
    s.fill(body, light(cloth, 0.15), cloth, dark(cloth, 0.06))
    with s.clip(body):
        s.shade(smooth([(540, 300), (580, 300), (580, 660), (520, 660), (556, 480)]), 0.1)
        s.shade(smooth([(230, 330), (262, 420), (236, 560), (220, 560)]), 0.08)
        s.stroke([(220, 640), (580, 640)], 4, dark(cloth, 0.3), alpha=0.5)
        s.fill(ellipse(400, 150, 92, 72), dark(cloth, 0.32))
        s.stroke(ellipse(400, 150, 92, 72, 0, 180), 20, light(cloth, 0.1))
    s.fill(rounded([(450, 300), (526, 300), (526, 376), (488, 394), (450, 376)], 8), accent, dark(accent, 0.08))
    s.stroke([(450, 314), (526, 314)], 4, dark(accent, 0.3), alpha=0.6)


def hoodie(s: Scene, cloth: str, cord: str) -> None:
    s.mode = "flat"
    for side in (1, -1):
        arm = [(400 + side * x, y) for x, y in ((120, 230), (196, 262), (270, 560), (262, 640), (196, 640), (140, 400))]
        s.fill(rounded(arm, 26), light(cloth, 0.1), dark(cloth, 0.14))
        s.fill(rounded([(400 + side * x, y) for x, y in ((194, 606), (268, 602), (264, 650), (198, 652))], 12),
               dark(cloth, 0.24))  # fmt: skip
    s.fill(rounded(_mirror([(470, 214), (572, 250), (566, 640), (550, 650)]), 24), light(cloth, 0.16), dark(cloth, 0.06))
    s.fill(rect(236, 616, 564, 668, 18), dark(cloth, 0.18), dark(cloth, 0.28))
    s.fill(smooth(_mirror([(400, 112), (490, 130), (530, 210), (500, 286), (430, 322)])), light(cloth, 0.2), cloth)
    s.fill(smooth(_mirror([(400, 158), (456, 172), (474, 220), (440, 276), (404, 300)])), dark(cloth, 0.5),
           dark(cloth, 0.3))  # fmt: skip
    s.stroke([(400, 300), (400, 340)], 4, dark(cloth, 0.35))
    for side in (1, -1):
        s.stroke(smooth([(400 + side * 36, 292), (400 + side * 42, 350), (400 + side * 34, 416)], closed=False), 8, cord)
        s.solid(rect(400 + side * 34 - 6, 412, 400 + side * 34 + 6, 440, 5), dark(cord, 0.4))
    pouch = rounded(_mirror([(470, 456), (530, 560), (530, 606)]), 12)
    s.fill(pouch, cloth, dark(cloth, 0.14))
    s.stroke([*pouch, pouch[0]], 4, dark(cloth, 0.35), alpha=0.6)
    for x in range(250, 560, 14):
        s.stroke([(x, 624), (x, 660)], 3, dark(cloth, 0.45), alpha=0.4)


def kurta(s: Scene, cloth: str, thread: str) -> None:
    s.mode = "flat"
    for side in (1, -1):
        arm = [(400 + side * x, y) for x, y in ((96, 140), (164, 168), (254, 440), (184, 470), (130, 300))]
        s.fill(rounded(arm, 14), light(cloth, 0.12), dark(cloth, 0.1))
        s.stroke([(400 + side * 248, 428), (400 + side * 186, 454)], 9, thread)
    body = rounded(_mirror([(456, 126), (536, 156), (530, 330), (572, 700)]), 12)
    s.fill(body, light(cloth, 0.16), cloth, dark(cloth, 0.06))
    with s.clip(body):
        for x, y in ((500, 480), (330, 520), (440, 600)):
            s.shade(smooth([(x, y - 90), (x + 16, y), (x + 30, 720), (x - 4, 720)]), 0.07)
        s.stroke([(200, 682), (600, 682)], 9, thread)
        for side in (1, -1):
            s.stroke([(400 + side * 146, 520), (400 + side * 166, 700)], 4, dark(cloth, 0.35))
    s.fill(smooth(_mirror([(400, 112), (446, 116), (462, 132), (400, 172)])), dark(cloth, 0.35))
    for side in (1, -1):
        s.stroke(smooth([(400 + side * 56, 122), (400 + side * 44, 150), (400 + side * 8, 178)], closed=False), 20, cloth)
        s.stroke(smooth([(400 + side * 52, 134), (400 + side * 8, 186)], closed=False), 4, thread)
    s.fill(rect(376, 176, 424, 386, 8), light(cloth, 0.12))
    for x in (380, 420):
        s.stroke([(x, 182), (x, 380)], 5, thread)
    for y in (214, 264, 314, 360):
        s.fill(circle(400, y, 9), light(thread, 0.4), thread)


def socks(s: Scene, wool: str, heel: str, stripe: str) -> None:
    s.mode = "flat"
    for x, y, angle in ((330, 380, 6), (470, 420, -10)):
        with s.at(x, y, angle):
            shape = smooth([(-66, -250), (66, -250), (68, -40), (76, 90), (40, 190), (-110, 250), (-190, 220),
                            (-180, 140), (-76, 70), (-66, -40)])  # fmt: skip
            s.fill(shape, light(wool, 0.15), wool, dark(wool, 0.1))
            with s.clip(shape):
                s.fill(circle(78, 150, 84), heel)
                s.fill(ellipse(-186, 190, 66, 90), heel)
                for y0 in (-130, -84, -38):
                    s.fill(rect(-90, y0, 90, y0 + 24), stripe)
                s.fill(rect(-90, -270, 90, -178), heel)
                for x0 in range(-80, 90, 13):
                    s.stroke([(x0, -260), (x0, -180)], 3, dark(heel, 0.35), alpha=0.5)
                s.shade(smooth([(80, -260), (50, -60), (60, 80), (30, 180), (100, 180), (110, -100)]), 0.1)


def cap(s: Scene, cloth: str, brim: str) -> None:
    peak = smooth([(470, 530), (600, 520), (712, 560), (730, 606), (600, 600), (450, 610), (400, 560)])
    s.fill(peak, light(brim, 0.2), brim, dark(brim, 0.25))
    s.stroke(smooth([(480, 548), (600, 540), (704, 578)], closed=False), 4, light(brim, 0.6), alpha=0.6)
    crown = smooth([(146, 590), (150, 450), (230, 320), (360, 276), (480, 320), (540, 430), (552, 560), (350, 612)])
    s.solid(crown, cloth, 0.22)
    with s.clip(crown):
        for points in ([(360, 270), (300, 420), (310, 620)], [(360, 270), (470, 400), (480, 620)]):
            seam = smooth([(float(x), float(y)) for x, y in points], closed=False)
            s.stroke(seam, 4, dark(cloth, 0.35))
        s.shade(smooth([(130, 560), (350, 590), (570, 540), (570, 640), (130, 640)]), 0.18)
    s.fill(ellipse(360, 276, 26, 14), light(cloth), dark(cloth))
    s.fill(rounded([(376, 420), (446, 426), (446, 506), (376, 500)], 12), light(brim, 0.75))
    s.fill(smooth([(384, 490), (404, 444), (416, 466), (424, 456), (440, 496)]), brim)
    for x in (250, 530):
        s.fill(circle(x - 20, 396, 7), dark(cloth, 0.5))
    s.shine(smooth([(196, 470), (226, 380), (296, 322), (250, 400), (226, 486)]), 0.25)


def beanie(s: Scene, wool: str, cuff: str, pompom: str) -> None:
    s.mode = "flat"
    for angle in range(0, 360, 20):
        with s.at(400, 196, angle):
            s.fill(ellipse(0, -54, 26, 34), light(pompom, 0.3), dark(pompom, 0.08))
    s.fill(circle(400, 196, 62), light(pompom, 0.2), pompom)
    dome = smooth([(190, 560), (196, 420), (250, 300), (340, 246), (460, 246), (550, 300), (604, 420), (610, 560)])
    s.solid(dome, wool, 0.2)
    with s.clip(dome):
        for i in range(-4, 5):
            rib = [(400.0 + i * 16, 240.0), (400 + i * 44, 360), (400 + i * 52, 570)]
            s.stroke(smooth(rib, closed=False), 6, dark(wool, 0.3), alpha=0.5)
            for y in range(290, 560, 30):
                x = 400 + i * (16 + (y - 240) * 0.125) + 22
                s.stroke([(x - 12, y - 9), (x, y), (x + 12, y - 9)], 4, light(wool, 0.45), alpha=0.6)
    s.solid(rect(166, 510, 634, 640, 44), cuff, 0.2)
    for x in range(190, 630, 22):
        s.stroke([(x, 526), (x, 626)], 6, dark(cuff, 0.3), alpha=0.45)
    s.fill(rect(470, 556, 548, 604, 6), "#f2dfc0", "#d5b88b")
    s.stroke([(482, 580), (536, 580)], 4, "#7d6242")


def sneaker(s: Scene, cloth: str, accent: str) -> None:
    upper = smooth([(170, 590), (160, 470), (176, 372), (226, 352), (300, 380), (352, 376), (420, 440), (520, 496),
                    (636, 524), (680, 590), (420, 606)])  # fmt: skip
    s.fill(smooth([(188, 380), (230, 330), (340, 340), (352, 390), (270, 420)]), dark(cloth, 0.5))
    s.fill(smooth([(318, 392), (336, 310), (384, 318), (408, 420), (480, 480), (440, 500)]), light(cloth, 0.3))
    s.fill(upper, light(cloth, 0.18), cloth, dark(cloth, 0.1))
    with s.clip(upper):
        s.fill(smooth([(560, 480), (556, 620), (720, 620), (700, 500), (620, 490)]), "#fdfaf2", "#e3ddd0")
        s.fill(smooth([(140, 340), (206, 350), (222, 470), (200, 620), (140, 620)]), accent, dark(accent, 0.15))
        s.stroke(smooth([(250, 600), (330, 500), (420, 470)], closed=False), 26, accent)
        s.stroke(smooth([(176, 388), (240, 396), (300, 410), (352, 392)], closed=False), 8, dark(cloth, 0.3))
    for i in range(5):
        x, y = 356 + i * 36, 396 + i * 26
        s.stroke([(x - 24, y + 24), (x + 28, y - 8)], 12, "#ffffff", "#e8e4da")
    s.fill(rounded([(150, 570), (690, 570), (706, 620), (676, 664), (170, 664), (144, 630)], 34), "#ffffff", "#e6e0d2")
    s.fill(rect(152, 612, 698, 626, 7), accent)
    s.fill(rounded([(152, 646), (694, 646), (676, 668), (170, 668)], 10), "#c98a52", "#a86f3d")
    s.shine(smooth([(240, 440), (300, 430), (280, 470), (230, 520)]), 0.25)


def rain_boots(s: Scene, rubber: str, sole: str) -> None:
    for x, y, color in ((440, -46, dark(rubber, 0.34)), (286, 0, rubber)):
        with s.at(x, y):
            boot = [(-92, 210), (72, 210), (76, 420), (100, 510), (220, 556), (236, 640), (-100, 640), (-104, 500)]
            s.solid(rounded([(float(a), float(b)) for a, b in boot], 34), color, 0.24)
            s.fill(ellipse(-10, 214, 82, 20), dark(color, 0.5))
            s.stroke(ellipse(-10, 214, 82, 20, 0, 180), 12, light(color, 0.25))
            s.fill(rounded([(-106, 624), (236, 624), (240, 668), (20, 668), (16, 656), (-14, 656), (-18, 668),
                            (-106, 668)], 8), sole, dark(sole, 0.3))  # fmt: skip
            s.stroke(smooth([(-98, 560), (40, 566), (140, 560), (226, 590)], closed=False), 6, light(color, 0.35))
            s.solid(rect(28, 250, 72, 320, 8), light(color, 0.5))
            s.shine(rounded([(-74, 262), (-52, 262), (-58, 470), (-80, 470)], 10), 0.45)
            s.shine(smooth([(120, 548), (170, 556), (204, 590), (150, 574)]), 0.4)


def flip_flops(s: Scene, sole: str, strap: str) -> None:
    s.mode = "flat"
    for x, angle, side in ((290, -9, 1), (510, 9, -1)):
        with s.at(x, 405, angle):
            outer = [(-20, -290), (70, -240), (96, -110), (66, 60), (70, 210), (0, 286)]
            inner = [(-76, 220), (-72, 60), (-104, -120), (-90, -240)]
            shape = smooth([(side * a, b) for a, b in outer + inner])
            with s.at(0, 12):
                s.fill(shape, dark(strap, 0.3))
            s.fill(shape, light(sole, 0.25), sole)
            with s.clip(shape):
                for y in range(-280, 290, 26):
                    s.stroke([(-120, y), (120, y + 14)], 4, dark(sole, 0.25), alpha=0.3)
            for end in (-88, 86):
                curve = smooth([(-12 * side, -176), (end * 0.72, -110), (end, 20)], closed=False)
                s.stroke(curve, 34, strap, dark(strap, 0.15))
                s.stroke([(a - 4, b - 4) for a, b in curve], 5, light(strap, 0.6), alpha=0.6)
            s.fill(circle(-12 * side, -180, 22), light(strap), dark(strap, 0.1))


def backpack(s: Scene, cloth: str, trim: str) -> None:
    s.stroke(ellipse(400, 172, 60, 56, 180, 360), 22, dark(trim, 0.2))
    for x in (192, 608):
        s.stroke(smooth([(400 + (x - 400) * 0.8, 300), (x, 420), (x, 560)], closed=False), 36, dark(trim, 0.12))
    s.solid(rounded([(280, 160), (520, 160), (600, 260), (604, 668), (196, 668), (200, 260)], 74), cloth, 0.22)
    s.stroke(smooth([(236, 372), (250, 250), (320, 204), (480, 204), (550, 250), (564, 372)], closed=False), 8,
             dark(cloth, 0.4))  # fmt: skip
    s.fill(rect(552, 356, 574, 404, 8), "#e2c078", "#b98f42")
    s.fill(rounded([(240, 420), (560, 420), (566, 648), (234, 648)], 40), light(cloth, 0.16), dark(cloth, 0.06))
    s.stroke([(262, 470), (538, 470)], 8, dark(cloth, 0.4))
    s.fill(rect(300, 464, 322, 506, 8), "#e2c078", "#b98f42")
    for x in (266, 494):
        s.solid(rect(x, 410, x + 40, 668, 8), trim, 0.2)
        s.fill(rect(x + 4, 520, x + 36, 556, 6), "#e9d6a6", "#b3904c")
    s.fill(rect(346, 268, 454, 340, 14), trim, dark(trim, 0.15))
    s.fill([(366, 324), (392, 288), (406, 306), (416, 296), (436, 324)], light(trim, 0.7))
    s.shine(smooth([(226, 400), (232, 270), (290, 200), (262, 280), (248, 410)]), 0.3)


def tote(s: Scene, canvas: str, print_color: str) -> None:
    for top, width, color in ((150, 70, dark(canvas, 0.25)), (170, 90, dark(canvas, 0.1))):
        handle = [(400.0 - width, 340.0), (400 - width + 6, top + 60), (400, top), (400 + width - 6, top + 60)]
        s.stroke(smooth([*handle, (400 + width, 340)], closed=False), 24, color)
    s.fill(rounded([(206, 310), (594, 310), (622, 668), (178, 668)], 18), light(canvas, 0.25), canvas, dark(canvas, 0.1))
    s.stroke([(212, 336), (588, 336)], 3, dark(canvas, 0.4), alpha=0.6)
    for x in (298, 478):
        s.fill(rect(x, 296, x + 26, 376, 4), dark(canvas, 0.12))
    s.fill(ellipse(400, 520, 84, 84, 180, 360), print_color)
    for angle in range(-80, 81, 32):
        with s.at(400, 520, angle):
            s.stroke([(0, -104), (0, -134)], 13, print_color)
    for i, half in enumerate((128, 96, 60)):
        y = 546 + i * 30
        wave = smooth([(400 - half, y), (400 - half / 2, y - 9), (400, y), (400 + half / 2, y + 9), (400 + half, y)],
                      closed=False)  # fmt: skip
        s.stroke(wave, 11, print_color)
    with s.clip([(206, 310), (594, 310), (622, 662), (178, 662)]):
        s.shade([(560, 300), (640, 300), (640, 680), (590, 680), (574, 480)], 0.07)
        s.shine([(226, 300), (250, 300), (228, 680), (204, 680)], 0.25)


def camera_bag(s: Scene, cloth: str, leather: str) -> None:
    strap = smooth([(176, 420), (150, 240), (300, 130), (500, 130), (650, 240), (624, 420)], closed=False)
    s.stroke(strap, 26, dark(leather, 0.1))
    s.stroke(strap, 4, light(leather, 0.4), alpha=0.6)
    s.solid(rounded([(160, 350), (640, 350), (656, 668), (144, 668)], 46), cloth, 0.22)
    s.fill(rounded([(156, 340), (644, 340), (650, 500), (600, 546), (200, 546), (150, 500)], 40), light(cloth, 0.18),
           dark(cloth, 0.04))  # fmt: skip
    seam = rounded([(176, 360), (624, 360), (628, 490), (590, 526), (210, 526), (172, 490)], 30)
    s.stroke([*seam, seam[0]], 3, light(cloth, 0.55), alpha=0.6)
    for x in (252, 508):
        s.solid(rounded([(x, 440), (x + 40, 440), (x + 40, 610), (x + 20, 628), (x, 610)], 8), leather, 0.22)
        s.fill(rect(x - 8, 546, x + 48, 584, 8), "#ecd9a8", "#b18d48")
        s.fill(rect(x + 4, 556, x + 36, 574, 4), dark(leather, 0.3))
    s.fill(circle(400, 438, 46), leather, dark(leather, 0.2))
    for radius, color in ((32, light(leather, 0.6)), (24, leather), (12, light(leather, 0.6))):
        s.fill(circle(400, 438, radius), color)
    s.solid(rect(340, 326, 460, 356, 14), leather, 0.2)
    s.shine(rounded([(184, 380), (208, 380), (204, 480), (180, 480)], 10), 0.25)


def duffel(s: Scene, cloth: str, trim: str) -> None:
    s.stroke(smooth([(290, 420), (310, 280), (400, 240), (490, 280), (510, 420)], closed=False), 24, dark(trim, 0.25))
    s.solid(rounded([(150, 366), (650, 366), (690, 480), (684, 668), (116, 668), (110, 480)], 76), cloth, 0.22)
    for x in (112, 606):
        s.fill(rounded([(x + 16, 400), (x + 70, 400), (x + 82, 660), (x + 4, 660)], 34), dark(cloth, 0.2))
    s.stroke(smooth([(200, 420), (400, 398), (600, 420)], closed=False), 9, INK)
    s.fill(rect(560, 410, 600, 428, 6), "#ecd9a8", "#b18d48")
    for x in (270, 496):
        s.solid(rect(x, 404, x + 36, 668, 6), trim, 0.2)
    s.stroke(smooth([(288, 470), (306, 330), (400, 292), (494, 330), (512, 470)], closed=False), 24, trim)
    s.solid(rect(356, 272, 444, 316, 16), dark(trim, 0.3), 0.25)
    s.fill(rect(322, 500, 480, 640, 18), light(cloth, 0.16), dark(cloth, 0.04))
    s.stroke([(338, 530), (464, 530)], 6, dark(cloth, 0.4))
    s.fill(lathe(402, [(4, 560), (26, 590), (4, 620)]), trim)
    s.shine(smooth([(150, 500), (170, 420), (240, 384), (204, 440), (186, 510)]), 0.3)
