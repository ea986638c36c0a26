"""Makes the reference values of this folder.

    python make.py DUMP_INPUT MANIFEST PHOTOS...

DUMP_INPUT is the built example `dump_input`. Needs numpy, pillow, opencv-python-headless and onnxruntime.

networks.json: what ONNX Runtime answers to the very tensors that the crate's preprocessing makes, every n-th number.
resampling.json: what OpenCV and Pillow make of the pictures, every n-th sample of the interleaved bytes.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import cv2
import numpy as np
import onnxruntime
from PIL import Image

HERE = pathlib.Path(__file__).parent
SAMPLES = 300


def samples(values, digits):
    flat = np.asarray(values).reshape(-1)
    stride = max(1, flat.size // SAMPLES)
    return {"stride": stride, "values": [round(float(value), digits) for value in flat[::stride]]}


def networks(dump_input, manifest, photos):
    folder = pathlib.Path(manifest).parent
    answers = []
    for entry in tomllib.loads(pathlib.Path(manifest).read_text())["models"]:
        session = onnxruntime.InferenceSession(str(folder / entry["file"]))
        shape = session.get_inputs()[0].shape
        for photo in photos:
            with tempfile.NamedTemporaryFile() as file:
                subprocess.run([dump_input, manifest, entry["name"], photo, file.name], check=True)
                tensor = np.fromfile(file.name, "<f4").reshape(shape)
            outputs = session.run(None, {session.get_inputs()[0].name: tensor})
            for output, values in zip(session.get_outputs(), outputs):
                answers.append(
                    {"model": entry["name"], "photo": pathlib.Path(photo).name, "output": output.name}
                    | samples(values, 6)
                )
    return answers


def letterbox(picture, side, pad):
    height, width = picture.shape[:2]
    scale = min(side / width, side / height)
    inner = round(width * scale), round(height * scale)
    canvas = np.full((side, side, 3), pad, np.uint8)
    left, top = round((side - inner[0]) / 2 - 0.1), round((side - inner[1]) / 2 - 0.1)
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner)
    return canvas


def centre_crop(picture, side, fraction):
    width, height = picture.size
    edge = min(width, height) * fraction
    left, top = (width - edge) / 2, (height - edge) / 2
    return picture.resize((side, side), Image.BICUBIC, box=(left, top, left + edge, top + edge))


def resampling(photos):
    answers = []
    for photo in photos:
        picture = Image.open(photo).convert("RGB")
        array = np.asarray(picture)
        for case, made in {
            "linear 257": cv2.resize(array, (257, 257)),
            "linear 700": cv2.resize(array, (700, 700)),
            "letterbox 640": letterbox(array, 640, 114),
            "triangle 320": np.asarray(picture.resize((320, 320), Image.BILINEAR)),
            "cubic 224": np.asarray(centre_crop(picture, 224, 0.875)),
            "cubic 650": np.asarray(picture.resize((650, 650), Image.BICUBIC)),
        }.items():
            answers.append({"case": case, "photo": pathlib.Path(photo).name} | samples(made, 0))
    return answers


def write(name, answers):
    lines = ",\n".join(json.dumps(answer, separators=(",", ":")) for answer in answers)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    # Only lossless pictures: JPEG decoders differ in the last bit.
    lossless = [photo for photo in sys.argv[3:] if photo.endswith(".png")]
    write("networks.json", networks(sys.argv[1], sys.argv[2], lossless))
    write("resampling.json", resampling(lossless))
