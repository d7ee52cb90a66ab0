"""Independent oracle: does every level of an SVS show the pixels of the DICOM series it was made from?

usage: compare_pixels.py SVS DICOM_FOLDER

The DICOM side is read by pydicom and each frame decoded by Pillow. The SVS side is read by four programs that share no code
with Slideport: OpenSlide, libtiff (through Pillow), tifffile (raw tile bytes) and libvips. Prints one JSON object; exit code 1
with the first difference when any of them disagrees.
"""
import io
import json
import os
import subprocess
import sys
import tempfile

import numpy
import openslide
import PIL.Image
import pydicom
import pydicom.encaps
import tifffile

PIL.Image.MAX_IMAGE_PIXELS = None
JPEG_SYNTAXES = {"1.2.840.10008.1.2.4.50"}
J2K_SYNTAXES = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}


class Difference(Exception):
    pass


def positions(dataset, count):
    """Yields (column, row), 0-based pixels of each frame's top-left corner."""
    across = -(-dataset.TotalPixelMatrixColumns // dataset.Columns)
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    first = int(dataset.get("ConcatenationFrameOffsetNumber", 0))
    for frame in range(count):
        if per_frame:
            plane = per_frame[frame].PlanePositionSlideSequence[0]
            yield (plane.ColumnPositionInTotalImagePixelMatrix - 1, plane.RowPositionInTotalImagePixelMatrix - 1)
        else:
            index = first + frame
            yield (index % across * dataset.Columns, index // across * dataset.Rows)


def frames(dataset):
    count = int(dataset.get("NumberOfFrames", 1))
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax in JPEG_SYNTAXES or syntax in J2K_SYNTAXES:
        for frame in pydicom.encaps.generate_pixel_data_frame(dataset.PixelData, count):
            yield frame, numpy.asarray(PIL.Image.open(io.BytesIO(frame)).convert("RGB"))
    else:
        size = dataset.Rows * dataset.Columns * 3
        for frame in range(count):
            raw = dataset.PixelData[frame * size:(frame + 1) * size]
            yield raw, numpy.frombuffer(raw, numpy.uint8).reshape(dataset.Rows, dataset.Columns, 3)


def source_levels(folder):
    """(width, height) -> (pixels, {(column, row): encoded frame})"""
    levels = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if not os.path.isfile(path) or not pydicom.misc.is_dicom(path):
            continue
        dataset = pydicom.dcmread(path)
        if dataset.ImageType[2] != "VOLUME":
            continue
        width, height = int(dataset.TotalPixelMatrixColumns), int(dataset.TotalPixelMatrixRows)
        pixels, encoded = levels.setdefault((width, height), (numpy.full((height, width, 3), 255, numpy.uint8), {}))
        for (column, row), (raw, tile) in zip(positions(dataset, int(dataset.get("NumberOfFrames", 1))), frames(dataset)):
            part = pixels[row:row + dataset.Rows, column:column + dataset.Columns]
            part[:] = tile[:part.shape[0], :part.shape[1]]
            encoded[(column, row)] = raw
    return levels


def same(reader, level, expected, actual):
    if expected.shape != actual.shape:
        raise Difference(f"{reader}, level {level}: {actual.shape[1]}x{actual.shape[0]} instead of {expected.shape[1]}x{expected.shape[0]}")
    if not numpy.array_equal(expected, actual):
        y, x = numpy.argwhere((expected != actual).any(axis=2))[0]
        raise Difference(f"{reader}, level {level}: pixel {x},{y} is {actual[y, x].tolist()} instead of {expected[y, x].tolist()}")


def alike(reader, level, expected, actual):
    """libvips reads reduced levels piece by piece at rounded positions, so that pixels at the seams are interpolated."""
    if level == 0:
        same(reader, level, expected, actual)
    elif expected.shape != actual.shape or numpy.abs(expected.astype(int) - actual).mean() > 3:
        raise Difference(f"{reader}, level {level}: shows another picture")


def tifffile_pages(path):
    with tifffile.TiffFile(path) as tiff:
        if not tiff.is_svs:
            raise Difference("tifffile does not recognise an SVS")
        series = {s.name: s for s in tiff.series}
        if "Baseline" not in series:
            raise Difference(f"tifffile sees the series {list(series)}, none is the Baseline")
        return [(level.pages[0].index, level.pages[0].shape[1], level.pages[0].shape[0], level.pages[0].dataoffsets,
                 level.pages[0].databytecounts, level.pages[0].tilewidth, level.pages[0].tilelength) for level in series["Baseline"].levels]


def main(svs, folder):
    expected = source_levels(folder)
    pages = tifffile_pages(svs)
    checked = []
    with openslide.OpenSlide(svs) as slide, open(svs, "rb") as raw, tempfile.TemporaryDirectory() as temporary:
        if slide.properties.get("openslide.vendor") != "aperio":
            raise Difference("OpenSlide does not see an Aperio slide")
        if [tuple(d) for d in slide.level_dimensions] != [(w, h) for _, w, h, *_ in pages]:
            raise Difference(f"OpenSlide sees the levels {slide.level_dimensions}, tifffile {[p[1:3] for p in pages]}")
        for level, (index, width, height, offsets, counts, tile_width, tile_height) in enumerate(pages):
            if (width, height) not in expected:
                raise Difference(f"level {level} is {width}x{height}; the source has {sorted(expected)}")
            pixels, encoded = expected[(width, height)]

            same("OpenSlide", level, pixels, numpy.asarray(slide.read_region((0, 0), level, (width, height)))[..., :3])
            if numpy.asarray(slide.read_region((0, 0), level, (width, height)))[..., 3].min() != 255:
                raise Difference(f"OpenSlide, level {level}: transparent holes")

            with PIL.Image.open(svs) as image:
                image.seek(index)
                if image.info.get("compression") != "jpeg2000" and image.mode in ("RGB", "YCbCr"):
                    same("libtiff", level, pixels, numpy.asarray(image.convert("RGB")))

            across = -(-width // tile_width)
            for (column, row), frame in encoded.items():
                tile = row // tile_height * across + column // tile_width
                raw.seek(offsets[tile])
                if not frame.startswith(raw.read(counts[tile])):
                    raise Difference(f"tifffile, level {level}: tile {tile} does not hold the bytes of its frame")

            out = os.path.join(temporary, f"{level}.png")
            subprocess.run(["vips", "copy", f"{svs}[level={level},rgb=true]", out + "[compression=0]"], check=True, capture_output=True)
            alike("libvips", level, pixels, numpy.asarray(PIL.Image.open(out).convert("RGB")))
            checked.append({"level": level, "width": width, "height": height, "tiles": len(encoded)})
        print(json.dumps({"levels": checked, "associated": sorted(slide.associated_images),
                          "mpp": slide.properties.get("openslide.mpp-x"), "objective": slide.properties.get("openslide.objective-power")}))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Difference as difference:
        print(json.dumps({"difference": str(difference)}))
        sys.exit(1)
