"""Projects of QGIS: everything that a run left, grouped, styled and named in one language.

Files are written as QGIS 3.22 reads them; QGIS itself is not needed to write them.
"""

__all__ = ["raster_renderer"]

from landcover.outputs.qgis.renderers import raster_renderer
