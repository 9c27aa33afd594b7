"""Files that are whole or absent: atomic writing, checked tensors, locks. No mathematics."""

from clearprop.storage.atomic import write_atomically
from clearprop.storage.locks import locked
from clearprop.storage.tensors import Tensor, load_tensors, save_tensors

__all__ = ["Tensor", "load_tensors", "locked", "save_tensors", "write_atomically"]
