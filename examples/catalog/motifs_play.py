"""Motifs of toys, sports and pets.

Run `python examples/catalog/draw.py` to regenerate the images.
"""

import math

from toolbox import INK, Scene, circle, dark, ellipse, lathe, light, mix, rect, rounded, smooth


def board_game(s: Scene, box: str, sky: str, accent: str) -> None:
    s.fill([(560, 250), (660, 210), (660, 600), (560, 650)], dark(box, 0.25), dark(box, 0.4))
    s.fill([(150, 250), (560, 250), (660, 210), (260, 210)], light(box, 0.45), light(box, 0.25))
    front = rect(150, 250, 560, 650, 6)
    s.fill(front, light(box, 0.08), dark(box, 0.08))
    art = rect(178, 278, 532, 622, 10)
    with s.clip(art):
        s.fill(art, sky, light(sky, 0.6))
        s.fill(circle(440, 390, 52), "#fff4cf")
        s.fill([(150, 560), (270, 400), (350, 500), (430, 420), (560, 560)], mix(sky, box, 0.5), mix(sky, box, 0.2))
        s.fill([(244, 434), (270, 400), (298, 436), (280, 448), (266, 438)], "#ffffff")
        s.fill(smooth([(120, 560), (260, 530), (400, 570), (600, 530), (600, 700), (120, 700)]), accent, dark(accent))
        for x in (230, 470):
            s.fill([(x - 30, 590), (x, 510), (x + 30, 590)], dark(accent, 0.45))
    s.fill(rect(210, 300, 420, 336, 10), "#fff4cf")
    s.fill(rect(228, 312, 400, 324, 5), box)
    for x, color in ((600, accent), (664, "#f0c04f")):
        s.solid(rounded([(x - 13, 590), (x + 13, 590), (x + 32, 676), (x - 32, 676)], 10), color, 0.25)
        s.fill(circle(x, 580, 24), light(color, 0.35), color)
    with s.at(108, 624, -12):
        s.fill(rect(-40, -40, 40, 40, 14), "#ffffff", "#e5e0d6")
        for x, y in ((-18, -18), (18, 18), (0, 0), (18, -18), (-18, 18)):
            s.fill(circle(x, y, 7), INK)


def rainbow(s: Scene, colors: tuple[str, ...]) -> None:
    step = 50
    for i, color in enumerate(colors):
        outer = 296 - i * step
        top = 668 - outer * 1.3
        arch = ellipse(400, 668, outer, outer * 1.3, 180, 360)
        s.fill(arch, light(color, 0.25), color, dark(color, 0.1))
        s.stroke(ellipse(400, 668, outer - 5, outer * 1.3 - 5, 196, 262), 6, "#ffffff", alpha=0.45)
        s.stroke(ellipse(400, 668, outer - 2, outer * 1.3 - 2, 180, 360), 3, dark(color, 0.35), alpha=0.5)
        s.shade(rect(400 + outer - 16, 560, 400 + outer, 668), 0.06)
        s.fill(circle(400, top + 22, 4), dark(color, 0.3), alpha=0.4)
    s.fill(circle(640, 610, 58), "#ffe3a0", "#f0b64a")
    s.shine(ellipse(620, 588, 18, 13), 0.6)


def train(s: Scene, body: str, cab: str, accent: str) -> None:
    s.solid(rect(110, 560, 690, 604, 16), "#c79661", 0.2)
    s.solid(rect(150, 420, 460, 566, 66), body, 0.2)
    s.fill(rect(138, 436, 176, 552, 16), light(body, 0.2), dark(body, 0.15))
    s.solid(rounded([(212, 296), (288, 296), (272, 430), (228, 430)], 8), accent, 0.24)
    s.solid(rect(200, 272, 300, 306, 14), dark(accent, 0.15), 0.24)
    s.fill(circle(368, 416, 34), light(accent), accent)
    for x in (236, 330, 420):
        s.fill(rect(x, 422, x + 16, 564), light(body, 0.4), alpha=0.8)
    s.solid(rect(450, 290, 650, 566, 14), cab, 0.18)
    s.fill(rect(490, 340, 610, 446, 18), "#eaf5f7", "#bcd9e0")
    s.shine([(500, 440), (540, 346), (566, 346), (526, 440)], 0.6)
    s.solid(rounded([(424, 262), (676, 262), (690, 306), (410, 306)], 16), dark(accent, 0.05), 0.2)
    for x, r in ((206, 62), (356, 62), (556, 88)):
        y = 672 - r
        s.fill(circle(x, y, r), light(accent, 0.1), dark(accent, 0.2))
        s.fill(circle(x, y, r * 0.72), "#e9cfa4", "#c99f68")
        s.fill(circle(x, y, r * 0.2), dark(accent, 0.3))
    for x, y, r in ((252, 220, 26), (292, 170, 34), (350, 124, 44)):
        s.fill(circle(x, y, r), "#ffffff", "#eef2f4", alpha=0.85)


def kite(s: Scene, colors: tuple[str, str, str, str]) -> None:
    s.mode = "air"
    with s.at(430, 330, 28):
        tail = smooth([(0, 220), (46, 290), (-30, 350), (40, 410), (-10, 470)], closed=False)
        s.stroke(tail, 7, "#f6efe2")
        for i, (x, y) in enumerate(tail[8::12]):
            s.fill([(x, y), (x - 34, y - 18), (x - 34, y + 18)], colors[i % 4])
            s.fill([(x, y), (x + 34, y - 18), (x + 34, y + 18)], dark(colors[i % 4], 0.1))
        quarters = (((0, -260), (-190, -50)), ((0, -260), (190, -50)), ((0, 230), (-190, -50)), ((0, 230), (190, -50)))
        for color, (end, side) in zip(colors, quarters, strict=True):
            s.fill([(0, -50), end, side], light(color, 0.18), dark(color, 0.08))
        s.stroke([(0, -258), (0, 226)], 9, "#b98250")
        s.stroke(smooth([(-188, -50), (0, -66), (188, -50)], closed=False), 9, "#b98250")
        s.fill(circle(0, -60, 30), "#fff4d8")
        s.fill(circle(0, -60, 17), colors[0])
    s.stroke(smooth([(440, 300), (300, 520), (210, 600), (60, 820)], closed=False), 4, INK, alpha=0.5)


def bear(s: Scene, fur: str, muzzle: str, scarf: str) -> None:
    for side in (-1, 1):
        s.solid(circle(400 + side * 120, 196, 60), fur, 0.2)
        s.fill(circle(400 + side * 120, 200, 34), muzzle)
        with s.at(400 + side * 172, 500, side * -34):
            s.solid(ellipse(0, 0, 54, 108), dark(fur, 0.06), 0.18)
    s.solid(ellipse(400, 532, 160, 144), fur, 0.2)
    s.fill(ellipse(400, 550, 100, 96), muzzle)
    for side in (-1, 1):
        s.solid(ellipse(400 + side * 134, 622, 84, 56), fur, 0.22)
        s.fill(ellipse(400 + side * 144, 628, 46, 32), light(muzzle, 0.2), muzzle)
    s.solid(ellipse(400, 300, 176, 158), light(fur, 0.06), 0.2)
    s.fill(ellipse(400, 354, 82, 64), light(muzzle, 0.3), muzzle)
    for side in (-1, 1):
        s.fill(circle(400 + side * 74, 278, 17), "#2f2622")
        s.shine(circle(400 + side * 74 - 5, 272, 6), 0.9)
        s.fill(ellipse(400 + side * 116, 338, 26, 17), "#f2a590", alpha=0.6)
    s.fill(smooth([(400, 350), (428, 328), (400, 314), (372, 328)]), "#4b3328")
    s.stroke([(400, 346), (400, 370)], 6, "#4b3328")
    for x in (382, 418):
        s.stroke(ellipse(x, 370, 18, 17, 0, 180), 6, "#4b3328")
    s.fill(rounded([(430, 440), (484, 436), (500, 560), (446, 566)], 10), scarf, dark(scarf))
    s.fill(smooth([(256, 410), (400, 446), (544, 410), (548, 452), (400, 490), (252, 452)]), light(scarf, 0.1), scarf)
    for x in (452, 468, 484):
        s.stroke([(x, 560), (x + 2, 582)], 6, scarf)


def football(s: Scene, patch: str, leather: str) -> None:
    cx, cy, r = 400, 430, 238
    ball = circle(cx, cy, r)
    s.fill(ball, light(leather, 0.5), leather, dark(leather, 0.18))
    with s.clip(ball):
        for k in range(5):
            a = math.radians(72 * k - 90 + 8)
            x, y = cx + r * 0.92 * math.cos(a), cy + r * 0.92 * math.sin(a)
            s.stroke([(cx, cy), (x, y)], 7, dark(leather, 0.4))
            b, c = a + math.radians(36), a - math.radians(36)
            for turn in (b, c):
                s.stroke([(cx + r * 0.62 * math.cos(a), cy + r * 0.62 * math.sin(a)),
                          (cx + r * 0.78 * math.cos(turn), cy + r * 0.78 * math.sin(turn))], 7,
                         dark(leather, 0.4))  # fmt: skip
            outer = [(x + 84 * math.cos(a + math.radians(72 * i)), y + 84 * math.sin(a + math.radians(72 * i)))
                     for i in range(5)]  # fmt: skip
            s.fill(rounded(outer, 14), light(patch, 0.12), patch)
        inner = [(cx + 84 * math.cos(math.radians(72 * k - 82)), cy + 84 * math.sin(math.radians(72 * k - 82)))
                 for k in range(5)]  # fmt: skip
        s.fill(rounded(inner, 14), light(patch, 0.2), patch)
        s.shade(ellipse(400, 430, 300, 238, 20, 160) + ellipse(370, 390, 300, 220, 160, 20), 0.16)
    s.shine(smooth([(214, 380), (246, 290), (330, 222), (284, 300), (246, 390)]), 0.5)


def yoga_mat(s: Scene, mat: str, strap: str) -> None:
    s.fill(rect(230, 398, 640, 668, 20), light(mat, 0.35), mat, dark(mat, 0.22))
    s.fill(ellipse(640, 533, 44, 135), dark(mat, 0.12))
    s.fill(ellipse(230, 533, 62, 135), light(mat, 0.2), dark(mat, 0.06))
    for k in range(1, 6):
        s.stroke(ellipse(230, 533, 62 - k * 10, 135 - k * 22, 20, 350), 6, dark(mat, 0.35))
    for x in (340, 520):
        s.stroke(ellipse(x, 533, 46, 137, -88, 88), 26, light(strap, 0.15), dark(strap, 0.15))
    s.stroke(smooth([(344, 400), (350, 260), (430, 210), (520, 250), (536, 400)], closed=False), 22, strap)
    s.fill(rect(560, 506, 604, 560, 10), "#fdf8ec", alpha=0.9)
    s.fill(smooth([(582, 514), (594, 534), (582, 552), (570, 534)]), mat)
    s.shine(rect(300, 416, 600, 430, 7), 0.4)


def dumbbells(s: Scene, coat: str, steel: str) -> None:
    for x, y, angle, size in ((430, 470, -16, 0.82), (390, 590, 0, 1.0)):
        with s.at(x, y, angle, size):
            s.fill(rect(-150, -22, 150, 22, 16), light(steel, 0.6), steel, dark(steel, 0.35))
            for k in range(-70, 80, 14):
                s.stroke([(k, -18), (k + 6, 18)], 3, dark(steel, 0.5), alpha=0.5)
            for side in (-1, 1):
                corners = ((-70, -50), (-50, -78), (60, -78), (80, -50), (80, 50), (60, 78), (-50, 78), (-70, 50))
                hexagon = [(side * (170 + dx), dy) for dx, dy in corners]
                s.fill(rounded(hexagon, 14), light(coat, 0.3), coat, dark(coat, 0.3))
                s.fill(rect(side * 176 - 44, -40, side * 176 + 44, 40, 6), light(coat, 0.16), coat)
                s.shine(rect(side * 176 - 48, -70, side * 176 + 48, -58, 6), 0.35)
                s.fill(circle(side * 176, 0, 17), light(coat, 0.6))


def tent(s: Scene, fly: str, inner: str) -> None:
    s.fill(ellipse(400, 664, 330, 24), "#8fae74", "#7a9a62")
    for x, end in ((150, 70), (650, 730)):
        s.stroke([(x + (400 - x) * 0.25, 540), (end, 660)], 4, INK, alpha=0.5)
    left = smooth([(400, 230), (300, 330), (200, 500), (130, 660)], closed=False)
    right = smooth([(670, 660), (600, 500), (500, 330), (400, 230)], closed=False)
    s.fill([*left, *right], light(fly, 0.25), fly, dark(fly, 0.12), across=True)
    s.fill([*smooth([(400, 230), (520, 330), (600, 500), (670, 660)], closed=False), (560, 660), (480, 420)],
           dark(fly, 0.22))  # fmt: skip
    s.fill(smooth([(386, 330), (458, 460), (506, 662), (262, 662), (310, 470)]), dark(inner, 0.6), dark(inner, 0.3))
    s.fill(smooth([(386, 330), (340, 450), (330, 560), (262, 662), (238, 662), (290, 480)]), light(inner), inner)
    s.fill(smooth([(386, 330), (430, 450), (444, 560), (506, 662), (530, 662), (480, 480)]), light(inner, 0.1),
           dark(inner, 0.12))  # fmt: skip
    s.stroke(smooth([(392, 236), (270, 410), (180, 650)], closed=False), 7, light(fly, 0.55), alpha=0.8)
    for x in (252, 520):
        s.fill(rect(x, 520, x + 26, 540, 8), dark(inner, 0.4))
    s.stroke([(400, 236), (400, 196)], 6, INK)
    s.fill([(402, 190), (456, 206), (402, 224)], "#f0c04f")


def lantern(s: Scene, frame: str, glow: str) -> None:
    s.stroke(ellipse(400, 250, 150, 150, 180, 360), 13, dark(frame, 0.2))
    s.fill(circle(400, 450, 230), glow, alpha=0.25)
    s.fill(circle(400, 450, 180), glow, alpha=0.3)
    s.solid(lathe(400, [(40, 190), (60, 214), (130, 262), (150, 290)]), frame, 0.26)
    s.fill(rect(376, 160, 424, 200, 10), dark(frame, 0.2))
    s.fill(lathe(400, [(118, 306), (146, 380), (150, 460), (144, 530), (120, 586)]), "#fffdf0", glow, alpha=0.92)
    s.fill(smooth([(400, 390), (434, 456), (430, 508), (400, 534), (370, 508), (366, 456)]), "#fff9d8", "#ffb84f")
    for x in (-136, 0, 136):
        s.stroke(smooth([(400 + x * 0.86, 300), (400 + x * 1.16, 446), (400 + x * 0.86, 590)], closed=False), 8, frame,
                 dark(frame, 0.2), alpha=0.9)  # fmt: skip
    s.solid(rect(244, 280, 556, 312, 14), dark(frame, 0.1), 0.26)
    s.solid(rounded([(266, 576), (534, 576), (562, 668), (238, 668)], 18), frame, 0.26)
    s.fill(circle(400, 624, 23), dark(frame, 0.5))
    s.fill(circle(400, 624, 14), "#f0c04f")
    s.shine(smooth([(282, 350), (296, 340), (284, 450), (288, 530), (270, 450)]), 0.6)


def flask(s: Scene, coat: str, lid: str) -> None:
    s.stroke(ellipse(400, 196, 62, 66, 180, 360), 22, dark(lid, 0.12))
    s.solid(rect(318, 186, 482, 270, 20), lid, 0.28)
    for x in range(332, 480, 18):
        s.stroke([(x, 204), (x, 256)], 4, dark(lid, 0.45), alpha=0.4)
    s.solid(rect(330, 264, 470, 290, 6), "#cfd5db", 0.3)
    body = lathe(400, [(68, 286), (84, 306), (122, 350), (130, 400), (130, 630), (124, 660), (108, 670)])
    s.solid(body, coat, 0.28)
    with s.clip(body):
        s.fill(rect(200, 628, 600, 680), "#dfe3e8", "#a9b1bb")
        s.fill(smooth([(250, 560), (330, 470), (390, 530), (450, 440), (560, 560), (560, 600), (250, 600)]),
               light(coat, 0.35), light(coat, 0.12), alpha=0.7)  # fmt: skip
        s.fill(circle(352, 430, 26), light(coat, 0.65), alpha=0.8)
    s.shine(rect(292, 380, 308, 610, 8), 0.5)


def cricket_bat(s: Scene, willow: str, grip: str, ball: str) -> None:
    s.mode = "flat"
    with s.at(420, 390, 38):
        blade = lathe(0, [(24, -120), (40, -90), (74, -40), (76, 100), (76, 250), (66, 306), (30, 322)])
        s.solid(rect(-20, -350, 20, -70, 14), grip, 0.3)
        for y in range(-336, -120, 20):
            s.stroke([(-19, y), (19, y + 10)], 4, dark(grip, 0.4), alpha=0.6)
        s.solid(blade, willow, 0.14)
        with s.clip(blade):
            for x in (-50, -22, 6, 34, 58):
                s.stroke([(x, -90), (x + 3, 330)], 2, dark(willow, 0.35), alpha=0.35)
            s.shade(rect(46, -140, 90, 340), 0.1)
        s.fill(rounded([(-50, -10), (50, -10), (50, 96), (0, 124), (-50, 96)], 10), grip, dark(grip, 0.1))
        s.fill(rect(-32, 24, 32, 36, 4), light(willow, 0.5))
        s.fill(rect(-20, 54, 20, 64, 4), light(willow, 0.5))
    s.fill(circle(570, 590, 84), light(ball, 0.25), ball, dark(ball, 0.3))
    with s.at(570, 590, -30):
        s.stroke(ellipse(0, 0, 84, 26, 4, 176), 9, light(ball, 0.75))
        for x in range(-66, 70, 16):
            seam = 26 * math.sqrt(1 - (x / 84) ** 2)
            s.stroke([(x, seam - 14), (x, seam + 14)], 4, light(ball, 0.6), alpha=0.8)
    s.shine(ellipse(540, 548, 24, 15), 0.5)


def pet_bowl(s: Scene, bowl: str, rim: str) -> None:
    for i in range(26):
        x, y = 210 + i * 71 % 380, 420 - (i * 29 % 60) * math.sin(math.pi * (i * 71 % 380) / 380)
        s.fill(circle(x, y, 27), "#c58b55", "#8f5d33")
        s.shine(circle(x - 8, y - 9, 6), 0.3)
    s.solid(rounded([(178, 420), (622, 420), (672, 668), (128, 668)], 26), bowl, 0.22)
    s.fill(ellipse(400, 424, 234, 40, 0, 180) + ellipse(400, 424, 210, 22, 180, 0), light(rim, 0.3), rim)
    with s.at(400, 560):
        s.fill(smooth([(0, -14), (44, 26), (30, 56), (0, 46), (-30, 56), (-44, 26)]), light(bowl, 0.75))
        for x, y in ((-50, -6), (-19, -44), (19, -44), (50, -6)):
            s.fill(ellipse(x, y, 16, 22), light(bowl, 0.75))
    s.fill(rect(122, 646, 678, 672, 12), dark(bowl, 0.3))
    s.shine(rounded([(206, 470), (228, 470), (196, 630), (170, 630)], 10), 0.4)


def rope_bone(s: Scene, first: str, second: str) -> None:
    s.mode = "flat"
    with s.at(400, 410, -28):
        for side in (-1, 1):
            for k in range(-4, 5):
                s.stroke([(side * 226, k * 6), (side * 330, k * 17)], 11, first if k % 2 else second)
        s.fill(rect(-190, -46, 190, 46, 20), dark(first, 0.3))
        for i, x in enumerate(range(-150, 160, 30)):
            with s.at(x, 0, 24):
                color = (first, second, "#eec766")[i % 3]
                s.fill(ellipse(0, 0, 25, 64), light(color, 0.25), color)
                s.shade(ellipse(12, 8, 6, 44), 0.1)
        for side in (-1, 1):
            s.fill(circle(side * 200, 0, 78), light(first, 0.15), dark(first, 0.12))
            with s.clip(circle(side * 200, 0, 78)):
                for k in range(-2, 4):
                    s.stroke(ellipse(side * 200, k * 34, 84, 40, 190, 350), 15, (second, "#f6efe2")[k % 2])
                s.shade(ellipse(side * 200 + 30, 66, 90, 40), 0.14)


def pet_bed(s: Scene, cover: str, inner: str) -> None:
    s.solid(lathe(400, [(230, 420), (290, 470), (306, 560), (290, 640), (230, 668)]), cover, 0.22)
    s.fill(ellipse(400, 456, 270, 106), light(cover, 0.3), light(cover, 0.05))
    s.fill(ellipse(400, 476, 208, 74), dark(inner, 0.28), inner)
    s.fill(ellipse(400, 494, 186, 54), light(inner, 0.35), light(inner, 0.1))
    for x, y in ((330, 488), (400, 506), (470, 488)):
        s.fill(circle(x, y, 7), dark(inner, 0.25))
    for angle in range(20, 170, 25):
        reach = 296 * math.cos(math.radians(angle))
        fold = smooth([(400 + reach * 0.86, 556), (400 + reach, 600), (400 + reach * 0.88, 652)], closed=False)
        s.stroke(fold, 5, dark(cover, 0.3), alpha=0.45)
    with s.at(470, 440, -18):
        s.fill(rect(-60, -15, 60, 15, 10), "#fbf3e2", "#e8d9bb")
        for x, y in ((-62, -15), (-62, 15), (62, -15), (62, 15)):
            s.fill(circle(x, y, 20), "#fbf3e2", "#e8d9bb")
    s.fill(rect(366, 590, 434, 634, 8), light(inner, 0.5))
    s.shine(smooth([(128, 560), (140, 500), (190, 460), (160, 520), (150, 590)]), 0.4)
