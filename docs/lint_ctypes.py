"""Asks a model of lint of pictures, through liblint and numpy.

    import lint_ctypes
    model = lint_ctypes.Model("model.safetensors")
    logits, maps = model.ask(["photo.jpg"], maps=True)      # [1,K], [1,K,h,w]
    logits, _ = model.ask(pixels)                           # uint8 [N,H,W,3], of any size
    print(model.classes[logits[0].argmax()])
"""
import ctypes, ctypes.util, os
import numpy as np

class Error(ctypes.Structure):
    _fields_ = [("message", ctypes.c_char * 1024)]

def load(path=None):
    """liblint with the types of lint.h; path: where it is not among the system's libraries."""
    lib = ctypes.CDLL(path or ctypes.util.find_library("lint") or "liblint.so.0")
    size, text, any = ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p
    lib.lint_model_open.restype, lib.lint_model_open.argtypes = any, [text, ctypes.c_int, size, any]
    lib.lint_model_close.restype, lib.lint_model_close.argtypes = None, [any]
    lib.lint_model_class.restype, lib.lint_model_class.argtypes = text, [any, size]
    for name in "classes width height map_width map_height".split():
        f = getattr(lib, "lint_model_" + name)
        f.restype, f.argtypes = size, [any]
    lib.lint_model_ask_files.argtypes = [any, size, ctypes.POINTER(text), any, any, any]
    lib.lint_model_ask_pixels.argtypes = [any, size, any, size, size, any, any, any]
    return lib

class Model:
    def __init__(self, path, threads=0, batch=16, library=None):
        self.handle, self.lib, error = None, load(library), Error()
        self.handle = self.lib.lint_model_open(os.fsencode(path), threads, batch, ctypes.byref(error))
        if not self.handle: raise RuntimeError(error.message.decode())
        of = lambda name: getattr(self.lib, "lint_model_" + name)(self.handle)
        self.classes = [self.lib.lint_model_class(self.handle, c).decode() for c in range(of("classes"))]
        self.size = of("width"), of("height")
        self.map_shape = len(self.classes), of("map_height"), of("map_width")

    def __del__(self):
        if self.handle: self.lib.lint_model_close(self.handle)

    def ask(self, pictures, maps=False):
        """Logits [N,K], and maps [N,K,h,w] or None. A picture that cannot be read raises OSError."""
        n = len(pictures)
        logits = np.zeros((n, len(self.classes)), np.float32)
        cam = np.zeros((n, *self.map_shape), np.float32) if maps else None
        out = logits.ctypes.data, cam.ctypes.data if maps else None
        if isinstance(pictures, np.ndarray):
            if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
                raise ValueError("expected pictures as uint8 [N,H,W,3]")
            error, rgb = (Error * 1)(), np.ascontiguousarray(pictures)
            failed = self.lib.lint_model_ask_pixels(self.handle, n, rgb.ctypes.data, rgb.shape[2], rgb.shape[1], *out, error)
        else:
            error, paths = (Error * n)(), (ctypes.c_char_p * n)(*map(os.fsencode, pictures))
            failed = self.lib.lint_model_ask_files(self.handle, n, paths, *out, error)
        if failed: raise OSError("; ".join(e.message.decode() for e in error if e.message))
        return logits, cam
