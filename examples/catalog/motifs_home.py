"""Motifs for the living room: lamps, furniture, textiles and decoration.

Run `python examples/catalog/draw.py` to regenerate the images.
"""

from toolbox import INK, Path, Point, Scene, circle, dark, drum, ellipse, lathe, light, mix, rect, rounded, smooth

GLOW = "#fff0b8"


def arc_lamp(s: Scene, metal: str) -> None:
    for end in range(440, 680, 24):
        spread = (end - 320) * 0.2
        s.fill([(486, 352), (680, 290), (690 + spread, end), (480 - spread * 0.7, end)], GLOW, alpha=0.09)
    s.solid(ellipse(270, 664, 120, 20), dark(metal))
    s.solid(ellipse(270, 654, 120, 20), metal)
    stem = smooth([(270, 650), (256, 520), (262, 360), (330, 220), (450, 170), (550, 225)], closed=False)
    s.stroke(stem, 18, metal)
    s.stroke([(x - 4, y) for x, y in stem], 5, light(metal, 0.6))
    with s.at(552, 228, -18):
        s.fill(ellipse(0, 98, 70, 24), GLOW)
        s.fill(circle(0, 104, 28), "#fffdf0", GLOW)
        s.solid(ellipse(0, 100, 112, 108, 180, 360), metal, 0.3)
        s.shine(smooth([(-80, 84), (-62, 34), (-20, 8), (-44, 44), (-58, 88)]), 0.4)
        s.solid(rect(-20, -22, 20, 6, 8), dark(metal))


def pendant(s: Scene, color: str) -> None:
    s.mode = "air"
    s.stroke([(400, -10), (400, 210)], 9, INK)
    s.fill([(230, 480), (570, 480), (690, 800), (110, 800)], GLOW, "#ffffff", alpha=0.35)
    s.fill(circle(400, 498, 52), "#fffdf0", GLOW)
    s.solid(rect(368, 190, 432, 250, 14), "#c9a25c")
    s.solid(lathe(400, [(36, 240), (60, 262), (150, 320), (196, 410), (210, 490)]), color, 0.25)
    s.fill(ellipse(400, 490, 210, 26), dark(color, 0.35))
    s.fill(ellipse(400, 493, 190, 19), GLOW, "#fffdf0")
    s.shine(smooth([(240, 450), (268, 360), (330, 296), (300, 370), (272, 456)]), 0.4)


def dome_lamp(s: Scene, color: str) -> None:
    s.solid(lathe(400, [(46, 380), (42, 500), (60, 590), (112, 640), (116, 660), (100, 668)]), color)
    s.fill(ellipse(400, 420, 180, 40), GLOW, "#ffd98a")
    shade = ellipse(400, 400, 208, 226, 180, 360) + ellipse(400, 400, 208, 50, 0, 180)
    s.fill(shade, light(color, 0.35), light(color, 0.15), "#ffe7b0")
    with s.clip(shade):
        for i in range(5):
            s.shade(ellipse(690 - i * 10, 360, 130, 300), 0.025)
    s.shine(smooth([(234, 370), (256, 280), (330, 208), (296, 290), (270, 378)]), 0.55)
    s.stroke(smooth([(520, 440), (524, 500), (520, 540)], closed=False), 5, "#b98d45")
    s.fill(circle(520, 548, 11), "#d9ae62", "#a87b35")


def _pillow(half: float, waist: float) -> Path:
    turn = [(-half, -half), (0, -waist), (half, -half), (waist, 0)]
    turn += [(-x, -y) for x, y in turn]
    path: Path = []
    for i in range(0, 8, 2):
        corner, middle, following = turn[i], turn[i + 1], turn[(i + 2) % 8]
        path += smooth([corner, middle, following], closed=False)
    return rounded(path[::3], 14)


def cushion(s: Scene, color: str, pattern: str) -> None:
    s.mode = "flat"
    with s.at(400, 410, -9):
        body = _pillow(246, 226)
        s.fill(body, light(color, 0.2), color, dark(color, 0.12))
        with s.clip(body):
            for i in range(-6, 7):
                wave = [(x, i * 62 + (18 if k % 2 else -18)) for k, x in enumerate(range(-280, 281, 40))]
                s.stroke(wave, 13, pattern)
            s.shade(smooth([(270, -260), (190, 0), (270, 270), (320, 0)]), 0.13)
            s.shade(smooth([(-260, 270), (0, 186), (270, 270), (0, 330)]), 0.13)
            s.shine(smooth([(-220, -200), (-60, -190), (-150, -120), (-190, 60)]), 0.22)
        s.stroke([*body, body[0]], 6, dark(color, 0.25))
        for x, y in ((-246, -246), (246, -246), (246, 246), (-246, 246)):
            s.fill(circle(x, y, 20), light(pattern, 0.2), dark(pattern, 0.22))


def rug(s: Scene, ground: str, first: str, second: str) -> None:
    s.mode = "flat"
    with s.at(400, 405, 14):
        for x in range(-186, 190, 20):
            s.stroke([(x, -300), (x, 300)], 8, light(ground, 0.5))
        s.fill(rect(-200, -272, 200, 272, 8), light(ground, 0.12), ground)
        for y in (-250, -196, 174, 228):
            s.fill(rect(-200, y, 200, y + 22), first)
        for y in (-108, 0, 108):
            for x in (-134, 0, 134):
                s.fill([(x - 62, y), (x, y - 50), (x + 62, y), (x, y + 50)], second)
                s.fill([(x - 34, y), (x, y - 27), (x + 34, y), (x, y + 27)], ground)
                s.fill([(x - 15, y), (x, y - 12), (x + 15, y), (x, y + 12)], first)
        for y in range(-262, 272, 12):
            s.stroke([(-198, y), (198, y)], 2, INK, alpha=0.08)


def chair(s: Scene, wood: str, seat: str) -> None:
    for x, foot in ((300, 272), (500, 528)):
        s.solid([(x - 13, 470), (x + 13, 470), (foot + 8, 620), (foot - 8, 620)], dark(wood, 0.3))
    s.stroke([(290, 560), (510, 560)], 10, dark(wood, 0.3))
    for x, top in ((270, 262), (335, 330), (400, 400), (465, 470), (530, 538)):
        s.stroke([(x * 0.86 + 56, 460), (top, 190)], 13 if x in (270, 530) else 9, wood)
    rail = smooth([(232, 220), (250, 160), (400, 138), (550, 160), (568, 220), (540, 232), (400, 204), (260, 232)])
    s.fill(rail, light(wood), wood)
    s.solid(rounded([(262, 438), (538, 438), (580, 500), (220, 500)], 24), seat)
    s.fill(rect(220, 488, 580, 524, 16), dark(seat, 0.15), dark(seat, 0.35))
    s.shine(rounded([(280, 448), (420, 448), (400, 474), (256, 474)], 12), 0.25)
    for x, foot in ((262, 226), (538, 574)):
        s.solid([(x - 17, 520), (x + 17, 520), (foot + 10, 676), (foot - 10, 676)], wood, 0.25)


def vase(s: Scene, glaze: str, band: str) -> None:
    for dx, tip, bend in ((-150, 120, -60), (-62, 66, -20), (36, 92, 20), (140, 142, 66)):
        s.stroke(smooth([(400, 380), (400 + bend, 280), (400 + dx, tip + 90)], closed=False), 6, "#a98b5e")
        with s.at(400 + dx, tip + 60, dx / 6):
            s.fill(smooth([(0, -88), (26, -30), (24, 30), (0, 62), (-24, 30), (-26, -30)]), "#f3dfc0", "#d8b98c")
            for y in range(-60, 50, 18):
                s.stroke([(-14, y - 14), (0, y), (14, y - 14)], 3, "#c4a273")
    profile: list[Point] = [(58, 350), (44, 378), (52, 410), (120, 480), (142, 560), (112, 640), (86, 668)]
    body = lathe(400, profile)
    s.solid(body, glaze, 0.22)
    with s.clip(body):
        s.fill(smooth([(240, 600), (320, 566), (400, 592), (480, 560), (570, 596), (570, 690), (240, 690)]), band)
        s.shade(ellipse(560, 560, 70, 160), 0.12)
    s.fill(ellipse(400, 350, 58, 13), dark(glaze, 0.4))
    s.shine(smooth([(286, 560), (300, 500), (340, 456), (322, 520), (312, 590)]), 0.45)


def candle(s: Scene, glass: str, wax: str) -> None:
    for radius in range(150, 50, -14):
        s.fill(circle(400, 246, radius), GLOW, alpha=0.12)
    s.solid(drum(400, 330, 640, 160, 28), glass, 0.25)
    s.fill(drum(400, 392, 632, 146, 24), light(wax, 0.2), wax)
    s.fill(ellipse(400, 392, 146, 24), light(wax, 0.5))
    s.fill(ellipse(400, 330, 160, 28), light(glass, 0.35))
    s.fill(ellipse(400, 334, 146, 22), mix(wax, glass, 0.4), light(wax, 0.4))
    s.stroke([(400, 336), (400, 290)], 7, INK)
    s.fill(smooth([(400, 172), (428, 236), (430, 276), (400, 302), (370, 276), (374, 232)]), "#ffd36b", "#ff9d4d")
    s.fill(smooth([(401, 226), (414, 262), (400, 292), (387, 266)]), "#fffbe6", "#ffe28a")
    s.fill(rect(306, 448, 494, 586, 14), "#fffaf0", "#efe5d2")
    with s.at(400, 506):
        for angle in (-48, 0, 48):
            with s.at(0, 26, angle):
                s.fill(smooth([(0, -66), (17, -34), (0, 0), (-17, -34)]), light(wax, 0.1), dark(wax, 0.2))
    s.fill(rect(346, 550, 454, 558, 4), dark(wax, 0.3))
    s.shine(rect(262, 360, 284, 600, 11), 0.5)


def clock(s: Scene, rim: str, face: str, hand: str) -> None:
    s.mode = "flat"
    s.solid(circle(400, 400, 250), rim, 0.25)
    s.fill(circle(400, 400, 214), dark(face, 0.12), face, face)
    s.fill(circle(400, 404, 208), face)
    for hour in range(12):
        with s.at(400, 402, hour * 30):
            wide, long = (8, 40) if hour % 3 == 0 else (5, 22)
            s.fill(rect(-wide, -186, wide, -186 + long, wide), dark(rim, 0.3))
    for angle, long, wide, color in ((-58, 112, 20, INK), (64, 158, 14, INK), (188, 130, 6, hand)):
        with s.at(400, 402, angle):
            s.stroke([(0, 26), (0, -long)], wide, color)
    s.fill(circle(400, 402, 19), hand)
    s.fill(circle(400, 402, 7), face)
    s.shine(ellipse(400, 400, 236, 236, 190, 260) + ellipse(400, 400, 222, 222, 260, 190), 0.4)
