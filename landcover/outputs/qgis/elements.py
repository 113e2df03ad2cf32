"""Elements of XML as QGIS writes them, from texts that may hold anything.

It knows XML alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from landcover.outputs import wording
from landcover.outputs.style import Texts

__all__ = ["add", "clean", "maps", "text_in"]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no room for, escaped or not (https://www.w3.org/TR/xml/#charsets)."""


def clean(text: object) -> str:
    """Return a text without characters that no XML file may hold."""
    return _NOT_XML.sub("", str(text))


def text_in(texts: Texts, language: str) -> str:
    """Return a text in a language, else in English, else in any."""
    return clean(wording.text_in(texts, language))


def add(parent: ET.Element, tag: str, text: object = None, **attributes: object) -> ET.Element:
    """Append an element with attributes and a text, and return it.

    An attribute whose name Python keeps for itself ends with an underscore here (``class_``).
    """
    named = {name.rstrip("_"): clean(value) for name, value in attributes.items()}
    element = ET.SubElement(parent, tag, named)
    if text is not None:
        element.text = clean(text)
    return element


def maps(parent: ET.Element, values: Mapping[str, object], name: str = "") -> ET.Element:
    """Append a map of options as QGIS writes it: ``<Option type="Map">``."""
    top = add(parent, "Option", type="Map", **({"name": name} if name else {}))
    for key, value in values.items():
        if isinstance(value, Mapping):
            maps(top, value, key)
        else:
            kind = "bool" if isinstance(value, bool) else "QString"
            told = str(value).lower() if isinstance(value, bool) else value
            add(top, "Option", type=kind, name=key, value=told)
    return top
