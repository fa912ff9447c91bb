"""Pictures of every kind that people have, with the pixels that Pillow reads of them.

Usage: variants.py FOLDER. Writes FOLDER/NAME.EXT, FOLDER/NAME.rgb (uint8 [rows, columns, 3]) and FOLDER/index.tsv with
name, file, columns, rows, mean error and largest error that are allowed, and the rule by which Pillow's pixels were made:

  plain     Image.convert("RGB") after exif_transpose, as torchvision and `datasets` take them
  over      alpha composed over white, rounded once
  profile   ImageCms.profileToProfile to sRGB, perceptual intent
  scaled    16-bit grey divided by 257; Pillow's convert clips it
  ycca      JFIF with a fourth component: YCbCr and opacity; Pillow reads CMYK
  box ...   the picture of png_rgb.png, resized by this filter

Allowed errors other than 0 are where two right decoders differ; docs/data.md names them.
"""

import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

W, H = 45, 38
out = Path(sys.argv[1])
index = []
SRGB = ImageCms.createProfile("sRGB")


def picture(seed=0, w=W, h=H):
    y, x = np.mgrid[0:h, 0:w]
    p = np.random.default_rng(seed).uniform(0, 6, 3)
    a = np.stack([128 + 110 * np.sin(p[c] + 3.0 * x / w + (2.0 + c) * y / h) for c in range(3)], -1)
    a[h // 3: h // 2, w // 3: w // 2] = (250, 20, 60)
    a[: h // 4, : w // 5] = (10, 200, 30)
    return Image.fromarray(a.round().clip(0, 255).astype(np.uint8))


def alpha(w=W, h=H):
    y, x = np.mgrid[0:h, 0:w]
    a = (x * 255 // (w - 1)).astype(np.uint8)
    a[: h // 3] = 255
    a[-h // 4:] = 0
    return Image.fromarray(a)


def transposed(im):
    return ImageOps.exif_transpose(im)


def over(im):
    a = np.asarray(im.convert("RGBA")).astype(int)
    o = a[..., 3:]
    return ((a[..., :3] * o + 255 * (255 - o) + 127) // 255).astype(np.uint8)


def plain(im):
    return np.asarray(im.convert("RGB"))


def profile(im):
    source = ImageCms.ImageCmsProfile(io.BytesIO(im.info["icc_profile"]))
    if im.mode in ("RGBA", "LA", "PA", "P"):
        full = im.convert("RGBA")
        rgb = ImageCms.profileToProfile(full.convert("RGB"), source, SRGB, outputMode="RGB")
        rgb.putalpha(full.getchannel("A"))
        return over(rgb)
    return np.asarray(ImageCms.profileToProfile(im, source, SRGB, outputMode="RGB"))


def scaled(im):
    a = np.asarray(im).astype(int)
    return np.repeat(((a * 255 + 32767) // 65535).astype(np.uint8)[..., None], 3, -1)


def ycca(im):
    s = 255 - np.asarray(im).astype(float)  # Pillow inverts four components.
    y, cb, cr = s[..., 0], s[..., 1] - 128, s[..., 2] - 128
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], -1).round().clip(0, 255)
    return over(Image.fromarray(np.concatenate([rgb, s[..., 3:]], -1).astype(np.uint8), "RGBA"))


RULES = dict(plain=plain, over=over, profile=profile, scaled=scaled, ycca=ycca)


def add(name, ext, data, rule="plain", mean=0.0, most=0):
    file = f"{name}.{ext}"
    (out / file).write_bytes(data)
    im = Image.open(io.BytesIO(data))
    im.load()
    rgb = np.ascontiguousarray(RULES[rule](transposed(im)))
    (out / f"{name}.rgb").write_bytes(rgb.tobytes())
    index.append(f"{name}\t{file}\t{rgb.shape[1]}\t{rgb.shape[0]}\t{mean}\t{most}\t{rule}")


def save(im, format, **options):
    b = io.BytesIO()
    im.save(b, format, **options)
    return b.getvalue()


def exif(orientation, order="<", kind=3):
    value = struct.pack(order + "HH", orientation, 0) if kind == 3 else struct.pack(order + "I", orientation)
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return b"Exif\0\0" + head + struct.pack(order + "HHHI", 1, 0x112, kind, 1) + value + struct.pack(order + "I", 0)


def xmp(orientation):
    return (f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="{orientation}"/>'
            "</rdf:RDF></x:xmpmeta>").encode()


def segment(marker, payload):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def insert(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def segments(jpeg):
    """(marker, bytes) up to the scan, then the rest."""
    at, found = 2, []
    while jpeg[at + 1] != 0xDA:
        length = struct.unpack(">H", jpeg[at + 2: at + 4])[0]
        found.append((jpeg[at + 1], jpeg[at: at + 2 + length]))
        at += 2 + length
    return found, jpeg[at:]


def without(jpeg, *markers):
    found, rest = segments(jpeg)
    return jpeg[:2] + b"".join(s for m, s in found if m not in markers) + rest


def renamed(jpeg, names):
    """Component ids of frame and scan."""
    found, rest = segments(jpeg)
    body = b""
    for marker, s in found:
        if 0xC0 <= marker <= 0xC2:
            s = bytearray(s)
            for i, n in enumerate(names):
                s[10 + 3 * i] = n
        body += bytes(s)
    rest = bytearray(rest)
    for i, n in enumerate(names):
        rest[5 + 2 * i] = n
    return jpeg[:2] + body + bytes(rest)


def adobe(transform):
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


def icc(kind):
    """A matrix profile of wide primaries, or a grey one, gamma 1.8: written by hand, for no maker's licence."""
    def s15(v): return struct.pack(">i", round(v * 65536))
    def xyz(*v): return b"XYZ \0\0\0\0" + b"".join(map(s15, v))
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(1.8 * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    text += b"\0" * (-len(text) % 4)
    tags = [(b"desc", text), (b"cprt", b"text\0\0\0\0none\0\0\0\0"), (b"wtpt", xyz(0.9642, 1, 0.8249))]
    if kind == b"RGB ":
        tags += [(b"rXYZ", xyz(0.5151, 0.2412, -0.0011)), (b"gXYZ", xyz(0.2920, 0.6922, 0.0419)),
                 (b"bXYZ", xyz(0.1571, 0.0666, 0.7841)), (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve)]
    else:
        tags += [(b"kTRC", curve)]
    at = 128 + 4 + 12 * len(tags)
    table, body = b"", b""
    for name, data in tags:
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s12s4s", at + len(body), b"none", 0x02400000, b"mntr", kind, b"XYZ ",
                       struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp")
    head = head + b"\0" * (68 - len(head)) + s15(0.9642) + s15(1) + s15(0.8249)
    return head + b"\0" * (128 - len(head)) + struct.pack(">I", len(tags)) + table + body


WIDE, GREY = icc(b"RGB "), icc(b"GRAY")
RGB, L, A = picture(), picture().convert("L"), alpha()
RGBA = RGB.copy(); RGBA.putalpha(A)
LA = L.copy(); LA.putalpha(A)
P = RGB.quantize(64)
CMYK = Image.merge("CMYK", [c for c in ImageOps.invert(RGB).split()] + [A])
ORIENTED = 8


def pngs():
    for name, im in dict(rgb=RGB, l=L, one=RGB.convert("1"), p=P, p16=RGB.quantize(16), p4=RGB.quantize(4), p2=RGB.quantize(2)).items():
        add(f"png_{name}", "png", save(im, "PNG"))
        add(f"png_{name}_wide", "png", save(im, "PNG", icc_profile=GREY if name in ("l", "one") else WIDE), "plain" if name == "one" else "profile", 1, 2) if name != "one" else None
    for name, im in dict(rgba=RGBA, la=LA).items():
        add(f"png_{name}", "png", save(im, "PNG"), "over")
    add("png_rgba_wide", "png", save(RGBA, "PNG", icc_profile=WIDE), "profile", 1, 2)
    add("png_p_transparent", "png", save(P, "PNG", transparency=5), "over")
    add("png_p_alphas", "png", save(P, "PNG", transparency=bytes(range(0, 256, 4))), "over")
    add("png_rgb_transparent", "png", save(RGB, "PNG", transparency=(250, 20, 60)), "over")
    add("png_l_transparent", "png", save(L, "PNG", transparency=L.getpixel((20, 17))), "over")
    add("png_grey16", "png", save(Image.fromarray((np.asarray(L).astype(np.uint16) * 251 + 77)), "PNG"), "scaled")
    add("png_interlaced", "png", interlaced(np.asarray(RGB)), "plain")
    add("png_rgb16", "png", chunks(2, 16, np.repeat(np.asarray(RGB).astype(">u2") * 256 + 200, 1, -1)), "plain", 1, 1)
    for o in range(1, 9):
        add(f"png_exif{o}", "png", save(RGB, "PNG", exif=exif(o, ">" if o % 2 else "<", 3 if o < 5 else 4)))
    info = PngImagePlugin.PngInfo(); info.add_itxt("XML:com.adobe.xmp", xmp(6).decode())
    add("png_xmp6", "png", save(RGB, "PNG", pnginfo=info))
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", "\nexif\n" + f"{len(exif(3)):8d}\n" + exif(3).hex() + "\n", zip=True)
    add("png_raw_exif3", "png", save(RGB, "PNG", pnginfo=info))
    add("png_gamma", "png", with_chunk(save(RGB, "PNG"), b"gAMA", struct.pack(">I", 100000)))
    add("png_srgb_and_icc", "png", with_chunk(save(RGB, "PNG", icc_profile=WIDE), b"sRGB", b"\0"))
    add("png_broken_icc", "png", with_chunk(save(RGB, "PNG"), b"iCCP", b"x\0\0" + zlib.compress(b"no profile")))
    add("png_grey_icc_in_rgb", "png", save(RGB, "PNG", icc_profile=GREY))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunk(png, name, data):
    return png[:33] + chunk(name, data) + png[33:]


def chunks(kind, bits, a, passes=0, data=None):
    h, w = a.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in a) if data is None else data
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, bits, kind, 0, 0, passes))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def interlaced(a):
    rows = b""
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = a[y0::dy, x0::dx]
        rows += b"".join(b"\0" + np.ascontiguousarray(r).tobytes() for r in part) if part.shape[1] else b""
    return chunks(2, 8, a, 1, rows)


def jpegs():
    for s, sampling in enumerate(["444", "422", "420"]):
        for mode, options in dict(base={}, progressive=dict(progressive=True), optimised=dict(optimize=True)).items():
            add(f"jpeg_{sampling}_{mode}", "jpg", save(RGB, "JPEG", quality=90, subsampling=s, **options))
        add(f"jpeg_{sampling}_restarts", "jpg", save(RGB, "JPEG", subsampling=s, restart_marker_blocks=2))
    add("jpeg_low", "jpg", save(RGB, "JPEG", quality=10))
    add("jpeg_best", "jpg", save(RGB, "JPEG", quality=100, subsampling=0))
    add("jpeg_grey", "jpg", save(L, "JPEG"))
    add("jpeg_grey_wide", "jpg", save(L, "JPEG", icc_profile=GREY), "profile", 1, 2)
    j = save(RGB, "JPEG", quality=95, subsampling=0)
    bare = without(j, 0xE0)
    for t in (0, 1, 2):
        add(f"jpeg_jfif_adobe{t}", "jpg", insert(j, adobe(t)))
        add(f"jpeg_adobe{t}", "jpg", insert(bare, adobe(t)))
    for ids in ((0, 1, 2), (1, 2, 3), (82, 71, 66), (2, 3, 4), (1, 34, 35), (89, 67, 99)):
        label = "".join(map(str, ids))
        add(f"jpeg_ids{label}", "jpg", renamed(bare, ids))
        add(f"jpeg_ids{label}_jfif", "jpg", renamed(j, ids))
    add("jpeg_rgb", "jpg", save(RGB, "JPEG", keep_rgb=True, quality=95))
    c = save(CMYK, "JPEG", quality=95)
    add("jpeg_cmyk", "jpg", c)
    add("jpeg_cmyk_no_adobe", "jpg", without(c, 0xEE))
    add("jpeg_ycck", "jpg", insert(without(c, 0xEE), adobe(2)), "plain", 1, 1)
    add("jpeg_cmyk_profile", "jpg", save(CMYK, "JPEG", icc_profile=WIDE))
    add("jpeg_ycca", "jpg", insert(without(c, 0xEE, 0xE0), segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")), "ycca", 1, 2)
    for o in range(1, 9):
        add(f"jpeg_exif{o}", "jpg", insert(j, segment(0xE1, exif(o, "><"[o % 2], (3, 4)[o % 3 == 0]))))
        add(f"jpeg_xmp{o}", "jpg", insert(j, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(o))))
    add("jpeg_exif_first", "jpg", insert(bare, segment(0xE1, exif(6))))
    add("jpeg_exif_wins", "jpg", insert(j, segment(0xE1, exif(3)), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(6))))
    add("jpeg_exif_9", "jpg", insert(j, segment(0xE1, exif(9))))
    for name, im in dict(rgb=RGB).items():
        add(f"jpeg_{name}_wide", "jpg", save(im, "JPEG", quality=95, icc_profile=WIDE), "profile", 1, 2)
    srgb = ImageCms.ImageCmsProfile(SRGB).tobytes()
    add("jpeg_srgb_profile", "jpg", save(RGB, "JPEG", icc_profile=srgb))
    half = len(WIDE) // 2
    parts = lambda *numbers: [segment(0xE2, b"ICC_PROFILE\0" + bytes(n) + p) for n, p in zip(numbers, (WIDE[:half], WIDE[half:]))]
    add("jpeg_icc_two", "jpg", insert(j, *parts((1, 2), (2, 2))), "profile", 1, 2)
    add("jpeg_icc_turned", "jpg", insert(j, *reversed(parts((1, 2), (2, 2)))), "profile", 1, 2)
    add("jpeg_icc_missing", "jpg", insert(j, *parts((1, 3), (2, 3))))
    add("jpeg_comment", "jpg", insert(j, segment(0xFE, b"made by hand")))
    add("jpeg_fill", "jpg", insert(j, b"\xff\xff\xff"))
    add("jpeg_junk", "jpg", insert(j, segment(0xFE, b"x"), b"junk that nobody wants"))
    add("jpeg_zeros_before_end", "jpg", j[:-2] + bytes(300) + j[-2:])
    add("jpeg_trailing", "jpg", j + b"\0" * 500 + b"more")
    add("jpeg_second_picture", "jpg", j + j)
    add("jpeg_1x1", "jpg", save(picture(1, 1, 1), "JPEG"))
    add("jpeg_misnamed", "png", j)


def webps():
    # Lossy WebP has colours at half the resolution: libwebp interpolates them, our reader repeats them.
    for q in (50, 95):
        add(f"webp_lossy{q}", "webp", save(picture(3), "WEBP", quality=q), "plain", 5, 64)
    add("webp_lossy_smooth", "webp", save(RGB.resize((9, 7)).resize((90, 70), Image.BICUBIC), "WEBP", quality=95), "plain", 2, 20)
    add("webp_lossy_grey", "webp", save(L, "WEBP", quality=95), "plain", 0.1, 2)
    add("webp_lossless", "webp", save(RGB, "WEBP", lossless=True))
    add("webp_lossless_alpha", "webp", save(RGBA, "WEBP", lossless=True, exact=True), "over")
    add("webp_lossy_alpha", "webp", save(RGBA, "WEBP", quality=90), "over", 3, 64)
    add("webp_wide", "webp", save(RGB, "WEBP", lossless=True, icc_profile=WIDE), "profile", 1, 2)
    for o in (3, 6):
        add(f"webp_exif{o}", "webp", save(RGB, "WEBP", lossless=True, exif=exif(o)))
    add("webp_animated", "webp", save(RGB, "WEBP", lossless=True, save_all=True, append_images=[picture(5)]))


def gifs():
    add("gif_p", "gif", save(P, "GIF"))
    add("gif_interlaced", "gif", save(P, "GIF", interlace=1))
    add("gif_l", "gif", save(L, "GIF"))
    add("gif_transparent", "gif", save(P, "GIF", transparency=P.getpixel((20, 17))), "over")
    add("gif_two_colours", "gif", save(RGB.convert("1"), "GIF"))
    add("gif_animated", "gif", save(P, "GIF", save_all=True, append_images=[picture(4).quantize(64)]))
    g = bytearray(save(P, "GIF", transparency=3))
    g[6:10] = struct.pack("<HH", W + 9, H + 6)
    at = g.index(b",\0\0\0\0" + struct.pack("<HH", W, H))
    g[at + 1: at + 5] = struct.pack("<HH", 4, 3)
    add("gif_within_screen", "gif", bytes(g), "over")


def bmps():
    for name, im in dict(rgb=RGB, l=L, p=P, one=RGB.convert("1"), rgba=RGB.convert("RGBA")).items():
        add(f"bmp_{name}", "bmp", save(im, "BMP"))
    a = np.asarray(RGB)
    row = lambda line: line.tobytes() + b"\0" * (-line.nbytes % 4)
    down = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + H * ((W * 3 + 3) // 4 * 4), 0, 0, 54, 40, W, -H, 1, 24, 0, 0, 0, 0, 0, 0)
    add("bmp_top_down", "bmp", down + b"".join(row(np.ascontiguousarray(line[:, ::-1])) for line in a))
    five = (a[..., 0].astype(np.uint16) >> 3 << 10) | (a[..., 1].astype(np.uint16) >> 3 << 5) | (a[..., 2] >> 3)
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 0, 0, 0, 54, 40, W, H, 1, 16, 0, 0, 0, 0, 0, 0)
    add("bmp_555", "bmp", head + b"".join(row(line) for line in five[::-1]), "plain", 1, 1)


def tiffs():
    for c in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        add(f"tiff_rgb_{c or 'raw'}", "tif", save(RGB, "TIFF", compression=c))
    for name, im in dict(l=L, p=P, one=RGB.convert("1")).items():
        add(f"tiff_{name}", "tif", save(im, "TIFF"))
    add("tiff_group4", "tif", save(RGB.convert("1"), "TIFF", compression="group4"))
    add("tiff_rgba", "tif", save(RGBA, "TIFF"), "over")
    add("tiff_la", "tif", save(LA, "TIFF"), "over")
    add("tiff_cmyk", "tif", save(CMYK, "TIFF"))
    add("tiff_predictor", "tif", save(RGB, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}))
    add("tiff_jpeg", "tif", save(RGB, "TIFF", compression="jpeg", quality=95))
    add("tiff_grey16", "tif", save(Image.fromarray((np.asarray(L).astype(np.uint16) * 251 + 77)), "TIFF"), "scaled")
    add("tiff_wide", "tif", save(RGB, "TIFF", icc_profile=WIDE), "profile", 1, 2)
    add("tiff_pages", "tif", save(RGB, "TIFF", save_all=True, append_images=[picture(7)]))
    for o in range(1, 9):
        add(f"tiff_orientation{o}", "tif", save(RGB, "TIFF", tiffinfo={274: o}))


def resized():
    filters = dict(box=Image.BOX, triangle=Image.BILINEAR, bicubic=Image.BICUBIC, lanczos=Image.LANCZOS)
    for name, kind in filters.items():
        for w, h in ((16, 16), (32, 20), (61, 90), (45, 9)):
            rgb = np.ascontiguousarray(np.asarray(RGB.resize((w, h), kind)))
            (out / f"{name}_{w}x{h}.rgb").write_bytes(rgb.tobytes())
            index.append(f"{name}_{w}x{h}\tpng_rgb.png\t{w}\t{h}\t0.05\t1\t{name}")


for make in (pngs, jpegs, webps, gifs, bmps, tiffs, resized):
    make()
(out / "index.tsv").write_text("\n".join(index) + "\n")
print(len(index))
