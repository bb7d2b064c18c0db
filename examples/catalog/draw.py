"""Draws the images of the demo catalog.

Run `python examples/catalog/draw.py` to regenerate the images; they are written next to this file.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import motifs_care as care
import motifs_desk as desk
import motifs_home as home
import motifs_kitchen as kitchen
import motifs_play as play
import motifs_wear as wear
from toolbox import Scene, write_webp


class Picture(NamedTuple):
    slug: str
    motif: Callable[..., None]
    colors: tuple[str | tuple[str, ...], ...]


LIMIT = 24_000

PAINTS = (
    "#d94f3d", "#e88a3c", "#f0c04f", "#8fb24a", "#4f9360", "#3f8fa0",
    "#3f6fb0", "#5b4f9e", "#a3559a", "#d9738f", "#8a5a3a", "#3a3a44",
)  # fmt: skip

BACKDROPS = {
    "home": ("#fdefe2", "#f5d6bb"),
    "kitchen": ("#e6f3f1", "#c3dfda"),
    "grocery": ("#fdf6dc", "#f3e1a9"),
    "clothing": ("#e9eef9", "#cad6ef"),
    "shoes": ("#e8f4e6", "#c9e2c6"),
    "bags": ("#f6ecdf", "#e3cfb4"),
    "electronics": ("#ecebf8", "#d0cdec"),
    "stationery": ("#fdeaec", "#f4cdd3"),
    "toys": ("#e3f4fb", "#bde0f1"),
    "sports": ("#eef6d9", "#d6e7ad"),
    "bath": ("#f6eaf6", "#e3cce4"),
    "garden": ("#eaf3e2", "#bcd9b4"),
    "pets": ("#fff0e6", "#f7cdb4"),
}

PICTURES: dict[str, list[Picture]] = {
    "home": [
        Picture("arc-desk-lamp", home.arc_lamp, ("#c79a4b",)),
        Picture("harbour-pendant-lamp", home.pendant, ("#3f7f78",)),
        Picture("dome-table-lamp", home.dome_lamp, ("#ef8f6b",)),
        Picture("zigzag-cushion-cover", home.cushion, ("#d9795d", "#f6e3cd")),
        Picture("zigzag-cushion-cover-indigo", home.cushion, ("#4d659c", "#f1ead8")),
        Picture("handloom-rug", home.rug, ("#efe2c8", "#c5583f", "#2f5d73")),
        Picture("spindle-chair", home.chair, ("#c08a57", "#4f7f6c")),
        Picture("tidemark-vase", home.vase, ("#e8ded0", "#4a7ba6")),
        Picture("soy-candle", home.candle, ("#d9e3dc", "#f2c9a0")),
        Picture("quiet-wall-clock", home.clock, ("#b98250", "#fbf5e9", "#d9503f")),
    ],
    "kitchen": [
        Picture("iron-frying-pan", kitchen.frying_pan, ("#4a4d55", "#b07a48")),
        Picture("gooseneck-kettle", kitchen.kettle, ("#e9e4da", "#8a5c3a")),
        Picture("enamel-stock-pot", kitchen.stock_pot, ("#d1553f", "#d9b45c")),
        Picture("speckled-mug", kitchen.mug, ("#5b8fa8", "#e2cfb4")),
        Picture("speckled-mug-moss", kitchen.mug, ("#7c9a5e", "#e9dcc6")),
        Picture("nesting-bowls", kitchen.bowls, (("#d98f6b", "#8fb0a0", "#e8c879"),)),
        Picture("kohi-pour-over-set", kitchen.pour_over, ("#f4efe6", "#b57f4c")),
        Picture("garden-teapot", kitchen.teapot, ("#4f8073", "#e8c879")),
        Picture("kitchen-knife", kitchen.knife, ("#7a4a2f",)),
    ],
    "grocery": [
        Picture("hill-road-coffee", kitchen.coffee_bag, ("#39424e", "#f6ead6", "#b5653a")),
        Picture("green-tea-tin", kitchen.tea_tin, ("#2f6b5a", "#f7efd9")),
        Picture("senorita-chilli-salt", kitchen.salt_jar, ("#e39a7a", "#3b3b44")),
        Picture("forest-honey", kitchen.honey_jar, ("#e9a02f", "#d96a55")),
        Picture("sesame-oil", kitchen.oil_bottle, ("#d8a332", "#fbf3dc")),
        Picture("dark-chocolate", kitchen.chocolate, ("#7a3b63", "#e0b25a")),
    ],
    "clothing": [
        Picture("pocket-tee", wear.tee, ("#efe6d4", "#d98a5b")),
        Picture("pocket-tee-olive", wear.tee, ("#7f8a5c", "#e9d9b0")),
        Picture("loopback-hoodie", wear.hoodie, ("#c0695c", "#f4efe4")),
        Picture("block-hem-kurta", wear.kurta, ("#3f6fa3", "#f0cf7a")),
        Picture("trail-socks", wear.socks, ("#e6d7bd", "#c4573f", "#3f6b72")),
        Picture("field-cap", wear.cap, ("#d9c29a", "#40685a")),
        Picture("bobble-beanie", wear.beanie, ("#c9553f", "#e0b04f", "#f6efe2")),
    ],
    "shoes": [
        Picture("canvas-high-tops", wear.sneaker, ("#4d7ea8", "#e2683f")),
        Picture("monsoon-boots", wear.rain_boots, ("#e8b62f", "#6b5a3c")),
        Picture("beach-flip-flops", wear.flip_flops, ("#7cc4b8", "#e2683f")),
    ],
    "bags": [
        Picture("ridge-backpack", wear.backpack, ("#5f7f62", "#b07a48")),
        Picture("sunrise-tote", wear.tote, ("#e6cd9f", "#2f5d73")),
        Picture("canvas-camera-bag", wear.camera_bag, ("#7c7f86", "#a8683c")),
        Picture("weekend-duffel", wear.duffel, ("#37556f", "#c9875a")),
    ],
    "electronics": [
        Picture("over-ear-headphones", desk.headphones, ("#e9dfd0", "#8a6a50")),
        Picture("over-ear-headphones-graphite", desk.headphones, ("#555b6e", "#d9a58a")),
        Picture("pebble-earbuds", desk.earbuds, ("#5f8fb0", "#f4f4f0")),
        Picture("pocket-speaker", desk.speaker, ("#c0605a", "#f0d9a8")),
        Picture("compact-keyboard", desk.keyboard, ("#e9e2d4", "#f7f3ea", "#e2836a")),
        Picture("summit-watch", desk.smartwatch, ("#e2836a", "#c9ced6")),
        Picture("desk-fan", desk.desk_fan, ("#7fb8a8", "#f4e2c0")),
    ],
    "stationery": [
        Picture("cloth-notebook", desk.notebook, ("#2f6b6b", "#e8a24f")),
        Picture("brass-fountain-pen", desk.fountain_pen, ("#22406b", "#d9b45c")),
        Picture("colour-pencils", desk.pencil_pot, ("#5f8fb0", PAINTS[:7])),
        Picture("pocket-watercolours", desk.watercolours, ("#3f4a5c", PAINTS)),
        Picture("paper-tape", desk.washi_tape, (("#d9738f", "#7fb8a8", "#e8b24f"),)),
    ],
    "toys": [
        Picture("lantern-pass-game", play.board_game, ("#3f4f7a", "#f2a27a", "#4f8f7a")),
        Picture("rainbow-stacker", play.rainbow, (("#d9604f", "#e89a4f", "#f0cf6a", "#7fb28a", "#5f98b8"),)),
        Picture("wooden-train", play.train, ("#5f9fb0", "#e8c05a", "#d9604f")),
        Picture("diamond-kite", play.kite, (("#e2574c", "#f0b64a", "#3f9fa0", "#5b6fb0"),)),
        Picture("bruno-bear", play.bear, ("#c08a5a", "#f0d9b8", "#4f8f8a")),
    ],
    "sports": [
        Picture("training-football", play.football, ("#2f3a5c", "#f7f5ef")),
        Picture("grip-yoga-mat", play.yoga_mat, ("#8f7fc0", "#4a4462")),
        Picture("hex-dumbbells", play.dumbbells, ("#3f8f88", "#a9b1bb")),
        Picture("two-person-tent", play.tent, ("#e08a4a", "#f2d9a8")),
        Picture("camp-lantern", play.lantern, ("#b5483c", "#ffe08a")),
        Picture("steel-flask", play.flask, ("#3f7fa8", "#2f3440")),
        Picture("steel-flask-rose", play.flask, ("#d98a8f", "#5b4a4f")),
        Picture("cricket-bat", play.cricket_bat, ("#ecd3a2", "#3f6fb0", "#b8322f")),
    ],
    "bath": [
        Picture("lavender-soap", care.soap, ("#b79ddb", "#d9b184")),
        Picture("rosemary-shampoo", care.pump_bottle, ("#8a5a34", "#2f2f38", "#fbf3e4")),
        Picture("shea-body-cream", care.cream_jar, ("#8fbfa9", "#d8b07a")),
        Picture("bamboo-toothbrushes", care.toothbrushes, ("#d9ab70", ("#5aa0c8", "#e28a70", "#7bb376"))),
        Picture("waffle-towels", care.towels, (("#6f9fb4", "#f0dcc4", "#d98f78"),)),
    ],
    "garden": [
        Picture("snake-plant", care.snake_plant, ("#d0704a", "#4f9360")),
        Picture("watering-can", care.watering_can, ("#5a93a8",)),
        Picture("succulent-trough", care.succulents, ("#e6d3b8", ("#7fb59a", "#a888b8", "#5d9a5f"))),
        Picture("cedar-birdhouse", care.birdhouse, ("#dcb27f", "#c0564a")),
    ],
    "pets": [
        Picture("paw-food-bowl", play.pet_bowl, ("#5fa3b8", "#f0e2c8")),
        Picture("rope-chew-toy", play.rope_bone, ("#d9604f", "#5f98b8")),
        Picture("bolster-pet-bed", play.pet_bed, ("#7f93b5", "#f2e6d2")),
    ],
}


def main() -> None:
    folder = Path(__file__).resolve().parent
    for group, pictures in PICTURES.items():
        top, bottom = BACKDROPS[group]
        for picture in pictures:
            scene = Scene()
            picture.motif(scene, *picture.colors)
            write_webp(scene.finish(top, bottom), folder / f"{picture.slug}.webp", LIMIT)


if __name__ == "__main__":
    main()
