"""Model files: written whole, read with suspicion."""

from clearprop.formats.model_file import Model, load_model, save_model

__all__ = ["Model", "load_model", "save_model"]
